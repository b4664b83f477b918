// Package ipp speaks as much of the Internet Printing Protocol (RFC 8010,
// RFC 8011) as it takes to print one document on an office printer or through
// CUPS, to know that it was printed, and to leave nothing behind. The lp command
// would not do: it ends well as soon as a job is queued, even for a printer
// that is gone.
package ipp

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Tags of groups and values (RFC 8010, 3.5).
const (
	tagOperation = 0x01
	tagJob       = 0x02
	tagEnd       = 0x03
	tagPrinter   = 0x04
	tagNoValue   = 0x13
	tagInteger   = 0x21
	tagBoolean   = 0x22
	tagEnum      = 0x23
	tagName      = 0x42
	tagKeyword   = 0x44
	tagURI       = 0x45
	tagCharset   = 0x47
	tagLanguage  = 0x48
	tagMIME      = 0x49
)

// Message is a request or an answer, without the document.
type Message struct {
	Code   uint16 // operation or status
	ID     int32
	Groups []Group
}

// Group is a run of attributes.
type Group struct {
	Tag        byte
	Attributes []Attribute
}

// Attribute is a name and its values. The members of a collection stand among
// the values as they came.
type Attribute struct {
	Name   string
	Values []Value
}

// Value is one value as it is on the wire.
type Value struct {
	Tag  byte
	Data []byte
}

// Bytes is the message on the wire, IPP 1.1. Names and values are at most
// 65,535 bytes long.
func (m *Message) Bytes() []byte {
	b := []byte{1, 1}
	b = binary.BigEndian.AppendUint16(b, m.Code)
	b = binary.BigEndian.AppendUint32(b, uint32(m.ID))
	for _, g := range m.Groups {
		b = append(b, g.Tag)
		for _, a := range g.Attributes {
			name := a.Name
			for _, v := range a.Values {
				b = append(b, v.Tag)
				b = binary.BigEndian.AppendUint16(b, uint16(len(name)))
				b = append(b, name...)
				b = binary.BigEndian.AppendUint16(b, uint16(len(v.Data)))
				b = append(b, v.Data...)
				name = "" // the next is one more value of the same
			}
		}
	}
	return append(b, tagEnd)
}

// ErrMessage says that what came is no IPP message.
var ErrMessage = errors.New("not an IPP message")

// Parse reads a message; what follows it is ignored.
func Parse(b []byte) (*Message, error) {
	if len(b) < 9 {
		return nil, fmt.Errorf("%w: %d bytes", ErrMessage, len(b))
	}
	m := &Message{Code: binary.BigEndian.Uint16(b[2:]), ID: int32(binary.BigEndian.Uint32(b[4:]))}
	text := func(b []byte) (s, rest []byte, ok bool) {
		if len(b) < 2 {
			return nil, nil, false
		}
		n := int(binary.BigEndian.Uint16(b))
		if len(b) < 2+n {
			return nil, nil, false
		}
		return b[2 : 2+n], b[2+n:], true
	}
	for b = b[8:]; len(b) > 0; {
		tag := b[0]
		b = b[1:]
		if tag == tagEnd {
			return m, nil
		}
		if tag < 0x10 {
			m.Groups = append(m.Groups, Group{Tag: tag})
			continue
		}
		name, rest, ok := text(b)
		if !ok {
			break
		}
		data, rest, ok := text(rest)
		if !ok {
			break
		}
		b = rest
		if len(m.Groups) == 0 {
			return nil, fmt.Errorf("%w: an attribute outside a group", ErrMessage)
		}
		g := &m.Groups[len(m.Groups)-1]
		if len(name) > 0 {
			g.Attributes = append(g.Attributes, Attribute{Name: string(name)})
		} else if len(g.Attributes) == 0 {
			return nil, fmt.Errorf("%w: a value without a name", ErrMessage)
		}
		a := &g.Attributes[len(g.Attributes)-1]
		a.Values = append(a.Values, Value{tag, data})
	}
	return nil, fmt.Errorf("%w: it ends too early", ErrMessage)
}

// find returns the values of the first attribute of that name in groups of a tag.
func (m *Message) find(tag byte, name string) []Value {
	for _, g := range m.Groups {
		if g.Tag == tag {
			if values := g.find(name); values != nil {
				return values
			}
		}
	}
	return nil
}

func (g *Group) find(name string) []Value {
	for _, a := range g.Attributes {
		if a.Name == name {
			return a.Values
		}
	}
	return nil
}

// number is an integer, enum or boolean, or -1.
func number(values []Value) int {
	if len(values) == 0 {
		return -1
	}
	switch v := values[0]; {
	case v.Tag == tagBoolean && len(v.Data) == 1:
		return int(v.Data[0])
	case (v.Tag == tagInteger || v.Tag == tagEnum) && len(v.Data) == 4:
		return int(int32(binary.BigEndian.Uint32(v.Data)))
	}
	return -1
}

// strings are the values as text.
func texts(values []Value) (all []string) {
	for _, v := range values {
		all = append(all, string(v.Data))
	}
	return all
}

func one(tag byte, name, value string) Attribute {
	return Attribute{name, []Value{{tag, []byte(value)}}}
}

func integer(name string, n int) Attribute {
	return Attribute{name, []Value{{tagInteger, binary.BigEndian.AppendUint32(nil, uint32(n))}}}
}

func keywords(name string, all ...string) Attribute {
	a := Attribute{Name: name}
	for _, s := range all {
		a.Values = append(a.Values, Value{tagKeyword, []byte(s)})
	}
	return a
}
