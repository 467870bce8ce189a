package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"crackle/cmd/crackle/config"
	"crackle/web/auth"
)

// userCmd keeps the file of users; a crackle that runs sees a change within a second.
type userCmd struct {
	Add      userAddCmd      `cmd:"" help:"Make a user. The password is asked for, or read as one line from the standard input."`
	List     userListCmd     `cmd:"" help:"List the users with their roles."`
	Role     userRoleCmd     `cmd:"" help:"Give a user another role; their logins end."`
	Password userPasswordCmd `cmd:"" help:"Give a user another password; their logins and token end."`
	Token    userTokenCmd    `cmd:"" help:"Make a token with which programs act for a user, and print it once; the one before ends."`
	Remove   userRemoveCmd   `cmd:"" help:"Take a user out; their logins end."`
}

// usersAt says where the users are kept.
type usersAt struct {
	Config string `short:"c" placeholder:"FILE" help:"Configuration of the crackle that they log in to: tells where the users are kept."`
	Data   string `placeholder:"DIR" help:"Its data folder, in place of the configuration. Default: crackle-data."`
}

func (u *usersAt) open() (*auth.Users, error) {
	path := filepath.Join(config.Default().Store.Dir, auth.UsersFile)
	switch {
	case u.Config != "" && u.Data != "":
		return nil, mistake{errors.New("-c and --data: give one of the two")}
	case u.Data != "":
		path = filepath.Join(u.Data, auth.UsersFile)
	case u.Config != "":
		cfg, err := load(u.Config)
		if err != nil {
			return nil, err
		}
		path = cfg.UsersFile()
	}
	return auth.OpenUsers(path)
}

type userAddCmd struct {
	usersAt
	Name string `arg:"" help:"Name to log in with."`
	Role string `required:"" enum:"viewer,operator,engineer" placeholder:"ROLE" help:"viewer: reads. operator: also acknowledges, shelves and judges alarms. engineer: also teaches, changes models and tries sinks."`
}

func (c *userAddCmd) Run(con console) error {
	users, err := c.open()
	if err != nil {
		return err
	}
	role, err := auth.ParseRole(c.Role)
	if err == nil {
		err = auth.CheckName(c.Name)
	}
	if err != nil {
		return mistake{err}
	}
	password, err := newPassword(con.err, os.Stdin)
	if err != nil {
		return err
	}
	if err := users.Add(c.Name, role, password); err != nil {
		return err
	}
	_, err = fmt.Fprintf(con.out, "%s may log in as %s (%s)\n", c.Name, role, users.Path())
	return err
}

type userListCmd struct {
	usersAt
	JSON bool `name:"json" help:"Write JSON."`
}

func (c *userListCmd) Run(con console) error {
	users, err := c.open()
	if err != nil {
		return err
	}
	list := users.List()
	if c.JSON {
		out := []map[string]any{}
		for _, u := range list {
			out = append(out, map[string]any{"name": u.Name, "role": u.Role, "token": u.Token != "", "changed": u.Changed})
		}
		return printJSON(con.out, out)
	}
	for _, u := range list {
		token := ""
		if u.Token != "" {
			token = "  with a token"
		}
		fmt.Fprintf(con.out, "%-24s %-9s since %s%s\n", u.Name, u.Role, u.Changed.Format("2006-01-02"), token)
	}
	if len(list) == 0 {
		fmt.Fprintf(con.out, "there is no user in %s; make one with crackle user add NAME --role engineer\n", users.Path())
	}
	return nil
}

type userRoleCmd struct {
	usersAt
	Name string `arg:"" help:"Whose."`
	Role string `arg:"" enum:"viewer,operator,engineer" help:"viewer, operator or engineer."`
}

func (c *userRoleCmd) Run(con console) error {
	users, err := c.open()
	if err != nil {
		return err
	}
	role, err := auth.ParseRole(c.Role)
	if err != nil {
		return mistake{err}
	}
	if err := users.SetRole(c.Name, role); err != nil {
		return err
	}
	_, err = fmt.Fprintf(con.out, "%s is now %s\n", c.Name, role)
	return err
}

type userPasswordCmd struct {
	usersAt
	Name string `arg:"" help:"Whose."`
}

func (c *userPasswordCmd) Run(con console) error {
	users, err := c.open()
	if err != nil {
		return err
	}
	password, err := newPassword(con.err, os.Stdin)
	if err != nil {
		return err
	}
	if err := users.SetPassword(c.Name, password); err != nil {
		return err
	}
	_, err = fmt.Fprintf(con.out, "%s has another password\n", c.Name)
	return err
}

type userTokenCmd struct {
	usersAt
	Name string `arg:"" help:"For whom the program acts."`
}

func (c *userTokenCmd) Run(con console) error {
	users, err := c.open()
	if err != nil {
		return err
	}
	token, err := users.NewToken(c.Name)
	if err != nil {
		return err
	}
	fmt.Fprintln(con.err, "This is shown once. Programs send it as: Authorization: Bearer TOKEN")
	_, err = fmt.Fprintln(con.out, token)
	return err
}

type userRemoveCmd struct {
	usersAt
	Name string `arg:"" help:"Whom."`
}

func (c *userRemoveCmd) Run(con console) error {
	users, err := c.open()
	if err != nil {
		return err
	}
	if err := users.Remove(c.Name); err != nil {
		return err
	}
	_, err = fmt.Fprintf(con.out, "%s may not log in any more\n", c.Name)
	return err
}

// newPassword asks for a password twice at a terminal, without showing it, or reads one line of something else.
func newPassword(ask io.Writer, in *os.File) (string, error) {
	fd := int(in.Fd())
	if !term.IsTerminal(fd) {
		return readPassword(in)
	}
	fmt.Fprintf(ask, "Password (%d characters or more; it is not shown): ", auth.MinPassword)
	first, err := term.ReadPassword(fd)
	fmt.Fprintln(ask)
	if err != nil {
		return "", fmt.Errorf("password: %w", err)
	}
	if err := auth.CheckPassword(string(first)); err != nil {
		return "", mistake{err}
	}
	fmt.Fprint(ask, "Again: ")
	second, err := term.ReadPassword(fd)
	fmt.Fprintln(ask)
	if err != nil {
		return "", fmt.Errorf("password: %w", err)
	}
	if string(first) != string(second) {
		return "", mistake{errors.New("password: the two differ; nothing was changed")}
	}
	return string(first), nil
}

// readPassword reads one line.
func readPassword(in io.Reader) (string, error) {
	text, err := bufio.NewReader(io.LimitReader(in, 4<<10)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("password: %w", err)
	}
	text = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
	if err := auth.CheckPassword(text); err != nil {
		return "", mistake{fmt.Errorf("%w (read from the standard input)", err)}
	}
	return text, nil
}
