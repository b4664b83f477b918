package main

import (
	"context"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"github.com/go-gl/glfw/v3.4/glfw"
)

// rest lets the window sleep while nobody is there. Fyne looks for touches sixty times
// a second, which costs a hundredth of a processor all day; while the glass is still
// it waits for them instead, and for whoever has something to do.
type rest struct {
	waiting atomic.Int64 // functions on their way to the UI goroutine
	asleep  atomic.Bool
}

const (
	// restLong is how long one rest lasts at most: the net under what wakes it.
	restLong = 6 * time.Second
	// restBetween lets Fyne paint what has changed: it does sixty times a second.
	restBetween = 25 * time.Millisecond
	restLook    = 500 * time.Millisecond // how often a busy glass is looked at
)

// do runs f on the UI goroutine, soon.
func (r *rest) do(f func()) {
	r.waiting.Add(1)
	fyne.Do(func() {
		r.waiting.Add(-1)
		f()
	})
	if r.asleep.Load() {
		glfw.PostEmptyEvent()
	}
}

// run puts the window to rest whenever it is still, until ctx ends.
func (r *rest) run(ctx context.Context, still func() bool) {
	for {
		slept := make(chan bool, 1)
		fyne.Do(func() { slept <- r.sleep(still) })
		wait := restLook
		select {
		case <-ctx.Done():
			return
		case yes := <-slept:
			if yes {
				wait = restBetween
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// sleep waits for a touch, or for a function, on the UI goroutine, and reports whether
// it did. Whoever adds a function either sees that it is asleep or is seen.
func (r *rest) sleep(still func() bool) bool {
	if !still() {
		return false
	}
	r.asleep.Store(true)
	defer r.asleep.Store(false)
	if r.waiting.Load() > 0 {
		return false
	}
	glfw.WaitEventsTimeout(restLong.Seconds())
	return true
}
