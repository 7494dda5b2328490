package wire

import "net/http"

// ProblemType is the media type of a Problem.
const ProblemType = "application/problem+json"

// Problem is the body of an HTTP error: a problem document after RFC 9457,
// with our code as its extension. Its type is about:blank, which says that the
// title is that of the status and that the code tells the rest.
type Problem struct {
	Title  string
	Status int
	// Detail is for people.
	Detail string
	Code   Code
}

// NewProblem returns the document for a code, with its status and title.
func NewProblem(code Code, detail string) *Problem {
	status := code.Status()
	return &Problem{Title: http.StatusText(status), Status: status, Detail: detail, Code: code}
}

// Append appends the document, as JSON.
func (p *Problem) Append(dst []byte) []byte { return JSON.appendObject(dst, p) }

// ParseProblem reads a problem document, ours or that of a proxy on the way.
func ParseProblem(data []byte) (*Problem, error) {
	p := new(Problem)
	if err := parse(data, p); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *Problem) write(o *object) {
	o.text("type", "about:blank")
	o.text("title", p.Title)
	o.integer("status", int64(p.Status))
	o.unlessEmpty("detail", p.Detail)
	o.text("code", string(p.Code))
}

func (p *Problem) read(d *decoder, key []byte) {
	switch string(key) {
	case "title":
		p.Title = d.text()
	case "status":
		p.Status = int(d.integer())
	case "detail":
		p.Detail = d.text()
	case "code":
		p.Code = Code(d.text())
	default:
		d.Skip()
	}
}
