// Command crackle watches process signals while they happen: it takes them from NATS, filters them, scores them with a recurrent network
// and tells people.
package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"

	"crackle/rnn/kernel"
	signal "crackle/window/kernel"
)

// version is set by the linker (make build).
var version = "development"

// Exit codes.
const (
	exitOK      = 0 // done, and what was asked for holds
	exitFailed  = 1 // it could not be done, or what was asked for does not hold
	exitMistake = 2 // the command line or the configuration has mistakes
)

// commands is the command line.
type commands struct {
	Demo     demoCmd     `cmd:"" help:"Show the whole job on real recordings: learn, watch, alarm, dashboard."`
	Run      runCmd      `cmd:"" help:"Watch the streams of a configuration file."`
	Check    checkCmd    `cmd:"" help:"List every mistake of a configuration file, or what it comes to."`
	Train    trainCmd    `cmd:"" help:"Learn a model for a stream from recordings of normal production, from what the store of a running crackle holds, or from what comes next."`
	Score    scoreCmd    `cmd:"" help:"Score a recording with a stream's model, exactly as live."`
	Explain  explainCmd  `cmd:"" help:"Say why a window of a recording scored as it did: in words, as a picture, as JSON."`
	Model    modelCmd    `cmd:"" help:"Show, import, export and compare model files; list the models of a running crackle and put one in service."`
	Replay   replayCmd   `cmd:"" help:"Publish a recording into a running crackle, or into a NATS server."`
	Backtest backtestCmd `cmd:"" help:"Say which alarms other limits or another model would have given, on recordings or on what the store still holds. Nothing is sent."`
	Evidence evidenceCmd `cmd:"" help:"List, fetch and verify the evidence kept of alarms."`
	Parts    partsCmd    `cmd:"" help:"List the parts that are over with verdict, coverage and reasons: as a table, JSON, CSV or a page to print."`
	Master   masterCmd   `cmd:"" help:"Show the control chart of a reference part, which tells drift of the sensor from drift of the process."`
	Eval     evalCmd     `cmd:"" help:"Run a public benchmark and measure by its published protocol."`
	Top      topCmd      `cmd:"" help:"Show the streams and open alarms of a running crackle in the terminal, those that need a person first."`
	Soak     soakCmd     `cmd:"" help:"Run the whole path under load and faults for a while, and check that its accounts add up and nothing grows."`
	User     userCmd     `cmd:"" help:"Keep the users who may log in to the dashboard."`
	Version  versionCmd  `cmd:"" help:"Print the version and the kernel in use."`
}

// console is where a command writes: results to out, everything else to err.
type console struct {
	out, err io.Writer
}

// mistake is an error in what the user asked for; it ends with exitMistake.
type mistake struct{ error }

func (m mistake) Unwrap() error { return m.error }

func main() { os.Exit(run(os.Args[1:], console{os.Stdout, os.Stderr})) }

// run is the program without the process around it.
func run(args []string, con console) (code int) {
	var c commands
	printed := &checked{Writer: con.out}
	con.out = printed
	done := -1 // exit code that kong asks for after --help
	parser, err := kong.New(&c,
		kong.Name("crackle"),
		kong.Description("A real-time monitor for in-situ process signals."),
		kong.Writers(con.out, con.err),
		kong.Exit(func(code int) { done = code; panic(exited{}) }),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		instants,
	)
	if err != nil {
		return fail(con, err)
	}
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(exited); !ok {
				panic(r)
			}
			code = done
		}
	}()
	ctx, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(con.err, "crackle: %v\nRun `crackle --help` for the commands, `crackle COMMAND --help` for their flags.\n", err)
		return exitMistake
	}
	if err := cmp.Or(kernel.StartError(), signal.StartError()); err != nil {
		return fail(con, mistake{err})
	}
	if err = ctx.Run(con); err == nil {
		err = printed.failed
	}
	return fail(con, err)
}

// exited unwinds to run when kong has printed what was asked for.
type exited struct{}

// fail prints err, if any, and gives the exit code.
func fail(con console, err error) int {
	var m mistake
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &m):
		fmt.Fprintf(con.err, "crackle: %v\n", err)
		return exitMistake
	default:
		fmt.Fprintf(con.err, "crackle: %v\n", err)
		return exitFailed
	}
}

type versionCmd struct{}

func (versionCmd) Run(con console) error {
	_, err := fmt.Fprintf(con.out, "crackle %s, kernel %s\n", version, kernel.Name())
	return err
}
