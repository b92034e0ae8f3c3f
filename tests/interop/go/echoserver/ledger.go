package main

import (
	"context"
	"encoding/json"
	"sync"
)

// ledger counts how often handlers ran, in all and for each call that gave itself a name
// by the request header `call-id`: a call that a client issued anew after a connection was
// lost shows as run twice if the first attempt had reached its handler.
type ledger struct {
	mu    sync.Mutex
	runs  int
	named map[string]int
}

func newLedger() *ledger {
	return &ledger{named: make(map[string]int)}
}

// enter counts one run.
func (l *ledger) enter(ctx context.Context) {
	id := header(ctx, "call-id")
	l.mu.Lock()
	defer l.mu.Unlock()
	l.runs++
	if id != "" {
		l.named[id]++
	}
}

// json is the state as {"runs":…,"named":…,"duplicates":{"id":runs}}: handlers run, call
// ids seen, and those seen more than once.
func (l *ledger) json() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	duplicates := make(map[string]int)
	for id, runs := range l.named {
		if runs > 1 {
			duplicates[id] = runs
		}
	}
	text, err := json.Marshal(map[string]any{
		"runs": l.runs, "named": len(l.named), "duplicates": duplicates,
	})
	if err != nil {
		return err.Error()
	}
	return string(text)
}
