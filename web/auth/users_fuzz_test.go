package auth

import (
	"encoding/json"
	"testing"
)

// Whatever the file holds, what is accepted has names, roles and hashes that this program would write, and is written and read again the same.
func FuzzParseUsers(f *testing.F) {
	f.Add([]byte(`{"version":1,"users":[{"name":"ann","role":"viewer","password":"$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]}`))
	f.Add([]byte(`{"version":1,"users":[{"name":"ann","role":"viewer","password":"$argon2id$v=19$m=4294967295,t=1,p=1$AAAA$AAAA"}]}`))
	f.Add([]byte(`{"version":1,"users":null}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		users, err := parseUsers(body)
		if err != nil {
			return
		}
		for _, u := range users {
			if CheckName(u.Name) != nil || u.Role < Viewer || u.Role > Engineer || u.hash.memoryKiB > 1<<20 || u.hash.passes > 16 || len(u.hash.sum) < 16 {
				t.Fatalf("accepted %+v", u)
			}
		}
		again, err := json.Marshal(usersDoc{1, users})
		if err != nil {
			t.Fatal(err)
		}
		if back, err := parseUsers(again); err != nil || len(back) != len(users) {
			t.Fatalf("written and read again: %v", err)
		}
	})
}
