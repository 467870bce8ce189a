package broker

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

const doorName = "door.json"

// door is what another process of the same user needs to come in.
type door struct {
	URL   string `json:"url"`
	Token string `json:"token"`
	Port  int    `json:"port"`
	PID   int    `json:"pid"`
}

// ErrNoServer is in the chain of Door's error when no process serves the data folder.
var ErrNoServer = errors.New("no server runs on the data folder")

// Door is the address and token of the server that another process runs on a data folder. It fails with ErrNoServer when none does.
func Door(dataDir string) (url, token string, err error) {
	held, err := locked(dataDir)
	if err != nil {
		return "", "", fmt.Errorf("look at the lock of data folder %s: %w", dataDir, err)
	}
	if !held {
		return "", "", fmt.Errorf("%w: %s; start crackle on it first, or name the folder that it uses", ErrNoServer, dataDir)
	}
	d, err := readDoor(dataDir)
	if err != nil {
		return "", "", fmt.Errorf("the server on data folder %s has not opened its door (yet): %w", dataDir, err)
	}
	return d.URL, d.Token, nil
}

func readDoor(dir string) (door, error) {
	var d door
	b, err := os.ReadFile(filepath.Join(dir, doorName))
	if err != nil {
		return d, err
	}
	if err := json.Unmarshal(b, &d); err != nil {
		return d, fmt.Errorf("%s: %w", filepath.Join(dir, doorName), err)
	}
	if d.URL == "" || d.Token == "" {
		return d, fmt.Errorf("%s holds no address or no token; remove it and start the server again", filepath.Join(dir, doorName))
	}
	return d, nil
}

// writeDoor replaces the door file in one step, so that a reader sees the old one or the new one.
func writeDoor(dir string, d door) error {
	b, err := json.Marshal(d)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, doorName+".*") // 0600
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, doorName))
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// newToken is 130 random bits as text.
func newToken() string { return rand.Text() }
