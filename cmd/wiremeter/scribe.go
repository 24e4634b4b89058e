package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/wiremeter/wiremeter/transcript"
)

// scribe keeps transcripts beside a server. It reads what is stored, and is no
// part of the way there.
type scribe struct {
	log    zerolog.Logger
	cancel context.CancelFunc // nil: there are no transcripts to keep
	ended  chan struct{}
}

// startScribe keeps transcripts in dir; none where that is empty.
func startScribe(h *house, dir string, log zerolog.Logger) (*scribe, error) {
	s := &scribe{log: log}
	if dir == "" {
		return s, nil
	}
	folder, err := transcript.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("--transcripts: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel, s.ended = cancel, make(chan struct{})
	go func() {
		defer close(s.ended)
		s.write(ctx, transcript.NewFollower(folder, h.database()))
	}()
	return s, nil
}

// write goes on until ctx is done, and then writes what has been stored by then.
// What it cannot is written at the next start.
func (s *scribe) write(ctx context.Context, f *transcript.Follower) {
	f.Run(ctx, s.tell)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
	defer cancel()
	if err := errors.Join(f.CatchUp(last), f.Close()); err != nil {
		s.log.Warn().Err(err).Msg("the transcripts lack something: it is written when wiremeter serves with them again")
	}
}

func (s *scribe) tell(err error) {
	if err != nil {
		s.log.Warn().Err(err).Msg("cannot write transcripts: it is tried again, and what is recorded waits for it in the database")
		return
	}
	s.log.Info().Msg("transcripts are written again")
}

// stop ends it, when all is stored. A folder that does not answer keeps nobody.
func (s *scribe) stop() {
	if s.cancel == nil {
		return
	}
	s.cancel()
	limit := time.NewTimer(flushTimeout)
	defer limit.Stop()
	select {
	case <-s.ended:
	case <-limit.C:
		s.log.Warn().Msg("the transcripts' folder does not answer: it is left")
	}
}
