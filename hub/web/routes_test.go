package web

import (
	"net/http"

	"loket/hub"
)

// DeskRoutes are the routes of the desk, as "METHOD /path".
func DeskRoutes(h *hub.Hub) []string {
	s := &Server{hub: h}
	public, desk := &routes{ServeMux: http.NewServeMux()}, &routes{ServeMux: http.NewServeMux()}
	for _, f := range concerns {
		f(s, public, desk)
	}
	return desk.patterns
}
