package web

import (
	"fmt"
	"net/http"
)

// healthRoutes are what a supervisor asks: whether the process lives, which nothing
// else can make untrue, and whether the hub can take reports in. Answers are plain
// text: "ok", or with 503 what is wrong, one sentence a line.
func (s *Server) healthRoutes(public, _ *routes) {
	public.Handle("GET /livez", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }))
	public.Handle("GET /readyz", http.HandlerFunc(s.ready))
}

func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	troubles := s.hub.Ready(r.Context())
	if len(troubles) == 0 {
		fmt.Fprintln(w, "ok")
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusServiceUnavailable)
	for _, t := range troubles {
		fmt.Fprintln(w, t.Says)
	}
}
