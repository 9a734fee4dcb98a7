package preflight

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/leafcam/leafcam/certs/delivery"
	"github.com/leafcam/leafcam/device"
	"github.com/leafcam/leafcam/device/micropython"
)

// maxHolders is how many files with the leaf, and with the key, the camera is asked about.
const maxHolders = 4

// asDelivered lets the camera load the files as they lie there.
func (c *checker) asDelivered() {
	r, s := c.report, c.subject
	if !s.Converted {
		r.LoadsAsDelivered, r.ExceptionAsDelivered = r.Loads, r.Exception
		return
	}
	var key []byte
	var keyItem *delivery.Item
	var keyErr error
	switch {
	case s.Key != nil:
		keyItem, keyErr = c.lyingKey()
		key = keyItem.Content()
	case c.options.KeyElsewhere:
		key = throwAwayKey()
	default:
		return
	}
	certItem, certErr := c.lyingLeaf()
	context := device.NewSSLContext(c.options.Firmware)
	err := context.LoadCertChain(certItem.Content(), key)
	r.LoadsAsDelivered = err == nil
	if err != nil {
		r.ExceptionAsDelivered = err.Error()
	}
	// What the camera refuses after convert, too, has been said.
	if keyErr != nil && !errors.Is(c.refusal, micropython.ErrInvalidKey) && !c.unreadForm(keyItem) {
		c.add(CodeFileNotLoaded, keyItem.File, c.whyKeyLiesBadly(keyItem), Symptom{camera, keyErr.Error()})
	}
	if certErr != nil && !errors.Is(c.refusal, micropython.ErrInvalidCert) && !c.unreadForm(certItem) {
		c.add(CodeFileNotLoaded, certItem.File, c.refusedIn(certItem.File, s.Delivery.Leaf), Symptom{camera, certErr.Error()})
	}
	if certErr == nil && certItem.Form == delivery.FormDER {
		c.severalIn(certItem, context)
	}
}

// lyingKey returns the first file with the key that the camera loads, or the first one and what the
// camera raises.
func (c *checker) lyingKey() (item *delivery.Item, refusal error) {
	for i, holder := range c.subject.Delivery.Holding(delivery.UseKey) {
		err := asker{c.options.Firmware, holder.Content()}.load(c.subject.Cert)
		if !errors.Is(err, micropython.ErrInvalidKey) {
			return holder, nil
		}
		if i == 0 {
			item, refusal = holder, err
		}
		if i+1 == maxHolders {
			break
		}
	}
	return item, refusal
}

// lyingLeaf is lyingKey for the leaf. Files that present another certificate come last.
func (c *checker) lyingLeaf() (item *delivery.Item, refusal error) {
	var other *delivery.Item
	key := throwAwayKey()
	for i, holder := range c.subject.Delivery.Holding(delivery.UseLeaf) {
		context := device.NewSSLContext(c.options.Firmware)
		err := context.LoadCertChain(holder.Content(), key)
		switch {
		case err == nil && bytes.Equal(context.Chain()[0], c.subject.Delivery.Leaf.Raw):
			return holder, nil
		case err == nil && other == nil:
			other = holder
		case i == 0:
			item, refusal = holder, err
		}
		if i+1 == maxHolders {
			break
		}
	}
	if other != nil {
		return other, nil
	}
	return item, refusal
}

// unreadForm reports whether the firmware does not read what an item is in, and nothing else holds the
// same in DER.
func (c *checker) unreadForm(item *delivery.Item) bool {
	if item.Form == delivery.FormDER || item.Form == delivery.FormPEM && c.options.Firmware.PEM {
		return false
	}
	use := delivery.UseLeaf
	if item.Kind == delivery.KindKey {
		use = delivery.UseKey
	}
	return !c.subject.Delivery.InDER(use)
}

// whyKeyLiesBadly says what keeps the camera from a key that it loads in another form.
func (c *checker) whyKeyLiesBadly(item *delivery.Item) string {
	const refused = ": the camera refuses the file as it lies there"
	if cause := keyCause(c.options.Firmware, item.Content()); cause != "" {
		return cause + refused
	}
	if c.subject.Delivery.Key.Encrypted {
		return "the private key is encrypted" + refused
	}
	return fmt.Sprintf("the key in %s is not in the form that convert writes", item.Form) + refused
}

// severalIn tells that a file in DER holds more than its first certificate, which the camera presents.
func (c *checker) severalIn(item *delivery.Item, context *device.SSLContext) {
	held := 0
	for _, i := range c.subject.Delivery.Items {
		if i.File == item.File && i.Kind == delivery.KindCertificate {
			held++
		}
	}
	presented := context.Chain()
	if held < 2 || len(presented) == 0 { // the key of the same file is what it does not load
		return
	}
	title := fmt.Sprintf("the file holds %d certificates, and the camera presents the first one alone", held)
	if !bytes.Equal(presented[0], c.subject.Delivery.Leaf.Raw) {
		title += ", which is not the leaf"
	}
	c.add(CodeSeveralCerts, item.File, title)
}
