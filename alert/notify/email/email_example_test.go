package email_test

import (
	"fmt"

	"crackle/alert/notify"
	"crackle/alert/notify/email"
)

// A sink's mistakes are all named at once, and none of them shows the password.
func Example() {
	_, err := email.New(email.Config{
		Host: "mail.plant.example", Encryption: email.None, Username: "crackle", Password: notify.NewSecret("hush"),
		From: "Crackle <crackle@plant.example>",
	})
	fmt.Println(err)
	// Output:
	// email sink "email": a login over an unencrypted connection shows the password to the network; set encryption to "starttls" or "tls"
	// email sink "email": no recipient; give at least one address
}
