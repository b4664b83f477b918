package notice

import (
	"html/template"
	"strings"
)

// page is a letter as HTML: what mail programs show everywhere, which is little.
var page = template.Must(template.New("letter").Parse(`<!doctype html>
<html lang="{{.Language}}"><head><meta charset="utf-8"><title>{{.Title}}</title></head>
<body style="margin:0;padding:24px 16px;background:#faf6ee;color:#14282b;font:16px/1.5 system-ui,Arial,sans-serif">
<div style="max-width:560px;margin:0 auto;background:#ffffff;border:1px solid #ddd3c0;border-radius:12px;padding:24px">
<h1 style="font-size:22px;line-height:1.25;margin:0 0 16px">{{.Title}}</h1>
{{range .Intro}}<p style="margin:0 0 8px">{{.}}</p>
{{end}}{{range .Sections}}<h2 style="font-size:17px;margin:20px 0 6px">{{.Title}}</h2>
<ul style="margin:0;padding-left:20px">{{range .Lines}}<li style="margin:0 0 4px">{{.}}</li>{{end}}</ul>
{{end}}<p style="margin:24px 0 0"><a href="{{.URL}}" style="display:inline-block;background:#0b4f55;color:#ffffff;font-weight:bold;text-decoration:none;padding:12px 20px;border-radius:10px">{{.Link}}</a></p>
<p style="margin:8px 0 0;font-size:14px;color:#44565a">{{.URL}}</p>
</div>
<div style="max-width:560px;margin:12px auto 0;font-size:14px;color:#44565a">{{range .Foot}}<p style="margin:0 0 4px">{{.}}</p>{{end}}</div>
</body></html>
`))

// write returns a letter as text and as HTML.
func (l *letter) write() (text, html string, err error) {
	var b strings.Builder
	b.WriteString(l.Title + "\n")
	if len(l.Intro) > 0 {
		b.WriteString("\n" + strings.Join(l.Intro, "\n") + "\n")
	}
	for _, s := range l.Sections {
		b.WriteString("\n" + s.Title + "\n")
		for _, line := range s.Lines {
			b.WriteString("- " + line + "\n")
		}
	}
	b.WriteString("\n" + l.Link + ":\n" + l.URL + "\n\n--\n" + strings.Join(l.Foot, "\n") + "\n")
	var p strings.Builder
	err = page.Execute(&p, l)
	return b.String(), p.String(), err
}
