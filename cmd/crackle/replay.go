package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
	"crackle/ingest"
	"crackle/ingest/block"
	"crackle/ingest/broker"
	"crackle/ingest/file"
)

// storeWait is how long a replay waits for a store that takes nothing, as one that is full or away does, before it gives up and says why.
const storeWait = time.Minute

type replayCmd struct {
	File   string  `arg:"" help:"Recording: CSV, plain or gzip."`
	Stream string  `short:"s" help:"Stream to publish on; may be left out with a configuration that has only one."`
	Config string  `short:"c" placeholder:"FILE" help:"Configuration of the crackle that is to receive it: tells the server, and the stream's channels and rate."`
	URL    string  `name:"url" placeholder:"URL" help:"NATS server to publish into, instead of the crackle that runs on this machine."`
	Data   string  `placeholder:"DIR" help:"Data folder of the crackle that runs on this machine. Default: crackle-data."`
	Speed  float64 `default:"1" help:"Times as fast as recorded; 0: as fast as it is taken."`
	Core   bool    `help:"Publish over core NATS instead of JetStream; nothing is acknowledged then."`
	Block  int     `default:"0" placeholder:"ROWS" help:"Rows in a message. Default: a tenth of a second, at most 4096."`
	layout
	dated   bool   // the recording tells its time
	subject string // to publish on
}

func (c *replayCmd) Run(con console) (err error) {
	if !(c.Speed >= 0) || math.IsInf(c.Speed, 0) {
		return mistake{fmt.Errorf("--speed %g: give a factor above 0, or 0 for as fast as it is taken", c.Speed)}
	}
	if c.Stream == "" && c.Config == "" {
		return mistake{errors.New("name the stream with --stream, or the configuration with --config")}
	}
	ctx, stop := interruptible()
	defer stop()
	r, nc, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() {
		nc.Close()
		err = errors.Join(err, r.Close())
	}()
	if c.subject == "" {
		c.subject = block.SubjectPrefix + c.Stream
	}
	kept := strings.HasPrefix(c.subject, block.SubjectPrefix) // others only come over core NATS
	pub, err := ingest.NewPublisher(nc, ingest.PublisherConfig{Stream: c.Stream, Subject: c.subject, JetStream: kept && !c.Core, MaxWait: storeWait, Log: newLogger(config.Log{Level: "warn"}, con.err)})
	if err != nil {
		return err
	}
	switch {
	case c.Block == 0:
		c.Block = int(min(4096, max(1, r.Info().RateHz/10)))
	case c.Block < 0:
		return mistake{fmt.Errorf("--block %d: give a number of rows above 0, or 0 for a tenth of a second", c.Block)}
	}
	c.dated = !r.Info().Start.IsZero()
	rows, err := c.publish(ctx, r, pub, newBar(con.err, c.File, r))
	closing, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	closed := pub.Close(closing)
	if ctx.Err() != nil {
		return fmt.Errorf("interrupted after %d samples", rows)
	}
	if err := errors.Join(err, closed); err != nil {
		return fmt.Errorf("after %d samples: %w", rows, err)
	}
	info := r.Info()
	_, err = fmt.Fprintf(con.err, "published %d samples of %d channel(s) on %s, %g s at %g Hz\n", rows, len(info.Channels), c.subject, float64(rows)/info.RateHz, info.RateHz)
	return err
}

// open opens the recording and the way to the server.
func (c *replayCmd) open(ctx context.Context) (file.Reader, *nats.Conn, error) {
	o := ingest.Options{URL: c.URL, Name: "crackle replay"}
	var s *config.Stream
	data := c.Data
	if c.Config != "" {
		cfg, err := load(c.Config)
		if err != nil {
			return nil, nil, err
		}
		if s, err = streamOf(cfg, c.Stream); err != nil {
			return nil, nil, err
		}
		c.Stream, c.subject = s.Name, s.Subject
		if o.URL == "" && !cfg.NATS.Embedded() {
			o = app.Door(&cfg.NATS)
			o.Name = "crackle replay"
		}
		if data == "" {
			data = cfg.Store.Dir
		}
	}
	if data == "" {
		data = config.Default().Store.Dir
	}
	if o.URL == "" {
		url, token, err := broker.Door(data)
		if err != nil {
			return nil, nil, err
		}
		o.URL, o.Token = url, token
	}
	nc, err := ingest.Connect(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	if !nc.IsConnected() {
		nc.Close()
		return nil, nil, fmt.Errorf("NATS at %s does not answer: start it, or correct the address", o.URL)
	}
	r, err := c.openRecording(s)
	if err != nil {
		nc.Close()
		return nil, nil, err
	}
	return r, nc, nil
}

func (c *replayCmd) openRecording(s *config.Stream) (file.Reader, error) {
	if s != nil {
		return c.openFor(c.File, s)
	}
	return c.layout.open(c.File)
}

// publish sends the recording at its pace and returns the samples per channel that were sent.
func (c *replayCmd) publish(ctx context.Context, r file.Reader, pub *ingest.Publisher, b *bar) (rows uint64, err error) {
	defer b.finish()
	var whole block.Block
	start := time.Now()
	for {
		err := r.Read(&whole)
		if errors.Is(err, io.EOF) {
			return rows, pub.Flush(ctx)
		}
		if err != nil {
			return rows, err
		}
		for from := 0; from < whole.Count(); from += c.Block {
			piece := cut(&whole, from, min(from+c.Block, whole.Count()))
			if !c.dated {
				piece.TimeNS = 0 // the publisher puts the clock's
			}
			sent := rows + uint64(piece.Count())
			if c.Speed > 0 {
				due := start.Add(time.Duration(float64(sent) / whole.RateHz / c.Speed * float64(time.Second)))
				select {
				case <-ctx.Done():
					return rows, ctx.Err()
				case <-time.After(time.Until(due)):
				}
			}
			if err := pub.Publish(ctx, &piece); err != nil {
				return rows, err
			}
			rows = sent
			b.update()
		}
	}
}

// cut is rows from..to of b; a part begins with its first piece and ends with its last. It shares b's samples.
func cut(b *block.Block, from, to int) block.Block {
	p := *b
	if p.First > 0 || from > 0 {
		p.First += uint64(from) // rows that the recording's clock jumped over are missing for the receiver, too
	}
	p.Samples = b.Samples[from*b.Channels : to*b.Channels]
	if b.TimeNS != 0 {
		p.TimeNS += int64(float64(from) / b.RateHz * float64(time.Second))
	}
	if from > 0 {
		p.Flags &^= block.PartBegin
	}
	if to < b.Count() {
		p.Flags &^= block.PartEnd
	}
	return p
}
