package slack

import (
	"context"
	"fmt"
	"strings"

	goslack "github.com/slack-go/slack"
)

// Page says in the home channel what belongs to no card, such as that the key
// cannot be reached, and makes the phones of teams and people ring. Lines are
// plain text. After an error it was perhaps seen; saying it twice is fine.
func (d *Desk) Page(ctx context.Context, lines []string, names ...string) error {
	if why := d.c.closed(d.c.Channels[d.c.Home]); why != "" {
		return fmt.Errorf("page: the home channel %s, so nothing is said there", why)
	}
	var said []string
	for i, line := range lines {
		if line = prose(line, 600); i == 0 {
			line = "*" + line + "*"
		}
		said = append(said, line)
	}
	text := strings.Join(said, "\n")
	if who := d.c.mentions(names...); who != "" {
		text += "\n" + who
	}
	home := posting(d.c.Channels[d.c.Home], always(rankCall))
	if _, err := d.post(ctx, home, func() []goslack.MsgOption { return quiet(text) }); err != nil {
		return fmt.Errorf("page: %w", noChannel([]error{err}))
	}
	return nil
}
