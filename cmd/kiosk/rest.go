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
	over    atomic.Bool // the window ends: Fyne would run what comes now on any goroutine
}

const (
	// restLong is how long one rest lasts at most: the net under what wakes it.
	restLong = 6 * time.Second
	// restFrame is some more than one of Fyne's frames: what has changed is painted.
	restFrame = 25 * time.Millisecond
	restLook  = 500 * time.Millisecond // how often a busy glass is looked at
	// mostRests is how many rests follow each other without a frame between, when
	// functions ended them that changed nothing.
	mostRests = 4
)

// do runs f on the UI goroutine, soon; not if the window ends before.
func (r *rest) do(f func()) {
	if r.over.Load() {
		return
	}
	r.waiting.Add(1)
	fyne.Do(func() {
		r.waiting.Add(-1)
		if !r.over.Load() {
			f()
		}
	})
	if r.asleep.Load() {
		glfw.PostEmptyEvent()
	}
}

// quit ends the window.
func (r *rest) quit(a fyne.App) {
	r.do(func() {
		a.Quit()
		r.over.Store(true)
	})
}

// run puts the window to rest whenever it is still, until ctx ends.
func (r *rest) run(ctx context.Context, still func() bool) {
	rested := 0
	for {
		ended := make(chan end, 1)
		fyne.Do(func() {
			if r.over.Load() {
				ended <- awake
				return
			}
			ended <- r.sleep(still)
		})
		var wait time.Duration
		select {
		case <-ctx.Done():
			return
		case why := <-ended:
			switch rested++; {
			case why == awake:
				wait, rested = restLook, 0
			case why == touched || rested >= mostRests:
				wait, rested = restFrame, 0
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// end is why the window does not rest, or no longer.
type end int

const (
	awake   end = iota // the glass is not still
	touched            // something came from outside, or the time was over
	called             // a function is to run
)

// sleep waits for a touch, or for a function, on the UI goroutine. Whoever adds a
// function either sees that it is asleep or is seen.
func (r *rest) sleep(still func() bool) end {
	if !still() {
		return awake
	}
	r.asleep.Store(true)
	defer r.asleep.Store(false)
	if r.waiting.Load() == 0 {
		glfw.WaitEventsTimeout(restLong.Seconds())
	}
	if r.waiting.Load() > 0 {
		return called
	}
	return touched
}
