package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
)

const nginxConfig = `daemon off;
worker_processes auto;
pid nginx.pid;
error_log stderr;
events { worker_connections 1024; }
http {
  types { text/html html; }
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  open_file_cache max=100;
  client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp; uwsgi_temp_path tmp; scgi_temp_path tmp;
  server { listen %s; root %s; }
}
`

// nginx serves one page from a file, with a configuration and a folder of its own.
func (c *comparison) nginx(ctx context.Context, page []byte) (*process, error) {
	dir := c.path("nginx")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	address, err := free()
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "page.html"), page, 0o644); err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, nginxConfig, address, dir), 0o644); err != nil {
		return nil, err
	}
	args := []string{"-p", dir, "-c", config}
	if os.Getuid() == 0 { // its workers would be nobody, who cannot get into this folder
		args = append(args, "-g", "user root;")
	}
	p, err := start(ctx, nil, filepath.Join(c.root, "build/compare/nginx/usr/sbin/nginx"), args...)
	if err != nil {
		return nil, err
	}
	p.address = address
	return p, p.serving("/page.html")
}

// fetched is what a server answers to a request.
func fetched(address string, raw []byte) ([]byte, error) {
	_, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	resp, err := http.Post("http://"+address+"/t", "application/x-www-form-urlencoded", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil && (resp.StatusCode != http.StatusOK || len(b) < 1000) {
		err = fmt.Errorf("the tracking page: %s %s", resp.Status, b)
	}
	return b, err
}
