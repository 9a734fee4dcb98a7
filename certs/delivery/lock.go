package delivery

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// A lock is what needs a password. It is opened when all the rest is read: what is open may be enough.
type lock struct {
	item *Item
	try  func(password []byte) error // ErrPassword for a wrong one
	add  func() error                // adds what try has opened
	fail func(err error) error       // adds the item with why it cannot be opened, whatever the password

	readable bool // the file that it is from, as in deliveryReader
	archived string
	content  []byte
}

// later adds the item of a lock, to be opened when all is read.
func (r *deliveryReader) later(l *lock) error {
	l.item.Kind, l.item.Locked = KindOther, true
	if err := r.add(l.item); err != nil {
		return err
	}
	l.readable, l.archived, l.content = r.readable, r.archived, r.content
	r.locks = append(r.locks, l)
	return nil
}

// unlock opens what is locked, unless what is open is enough. The error is ErrPassword where a password is missing
// without which there is no leaf with its key.
func (r *deliveryReader) unlock() error {
	if len(r.locks) == 0 {
		return nil
	}
	if !r.options.PasswordGiven && r.delivery.complete(r.options) {
		for _, l := range r.locks {
			l.item.Note = "encrypted, and left alone: the other files hold the certificate, its key and its issuer"
		}
		return nil
	}
	defer func() {
		for _, password := range r.opened {
			clear(password)
		}
	}()
	var missing error
	for _, l := range r.locks {
		err := r.tryAll(l)
		if errors.Is(err, ErrPassword) {
			l.item.Note = "encrypted, and " + ErrPassword.Error()
			if missing == nil {
				missing = err
			}
			continue
		}
		if err != nil {
			return err
		}
	}
	if missing == nil {
		return nil
	}
	if _, ok := r.delivery.paired(r.options); ok {
		return nil
	}
	return missing
}

// tryAll opens a lock with the passwords that are known, or asks for another one. What was in it takes the item's
// place.
func (r *deliveryReader) tryAll(l *lock) error {
	err := ErrPassword
	for _, password := range r.opened {
		if err = l.try(slices.Clone(password)); !errors.Is(err, ErrPassword) {
			break
		}
	}
	if errors.Is(err, ErrPassword) {
		err = r.ask(r.nameOf(l), l.try)
	}
	if ended(err) || errors.Is(err, ErrPassword) {
		return err
	}
	r.readable, r.archived, r.content = l.readable, l.archived, l.content
	at := slices.Index(r.delivery.Items, l.item)
	rest := slices.Clone(r.delivery.Items[at+1:])
	r.delivery.Items = r.delivery.Items[:at]
	if err != nil {
		err = l.fail(err)
	} else {
		err = l.add()
	}
	r.delivery.Items = append(r.delivery.Items, rest...)
	return err
}

// nameOf names what a password is asked for: the file, or the place in it where there are several.
func (r *deliveryReader) nameOf(l *lock) string {
	for _, other := range r.locks {
		if other != l && other.item.File == l.item.File {
			return l.item.String()
		}
	}
	return l.item.File
}

// ask asks for a password until try takes it, three times at most. try returns ErrPassword for a wrong one.
func (r *deliveryReader) ask(file string, try func(password []byte) error) error {
	if r.options.Password == nil || r.silent {
		return fmt.Errorf("%s: %w", file, ErrPassword)
	}
	for attempt := range 3 {
		asked := time.Now()
		password, err := r.options.Password(file, attempt > 0)
		r.budget.until = r.budget.until.Add(time.Since(asked))
		if r.ctx.Err() != nil {
			return r.ctx.Err()
		}
		if err != nil {
			r.silent = !r.options.PasswordGiven
			return fmt.Errorf("%s: %w: %w", file, ErrPassword, err)
		}
		err = try(slices.Clone(password))
		if !errors.Is(err, ErrPassword) {
			r.opened = append(r.opened, password)
			return err
		}
		clear(password)
	}
	return fmt.Errorf("%s: %w", file, ErrPassword)
}
