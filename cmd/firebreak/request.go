package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/firebreak-project/firebreak/approvals"
	"github.com/firebreak-project/firebreak/approvals/ballot"
	"github.com/firebreak-project/firebreak/console"
	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/signer/consent"
)

// consoleTransport makes the connections to a console; tests put a site of theirs
// behind a name.
var consoleTransport http.RoundTripper

// visit is one look at a console, by a guardian who signs in with a key.
type visit struct {
	*signing
	url, caFile string
}

func (v *visit) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&v.url, "console", "", "`URL` of the approval page (default $FIREBREAK_CONSOLE)")
	f.StringVar(&v.caFile, "ca-file", "", "`file` with the authority of its certificate (default the system's)")
	c.MarkFlagFilename("ca-file")
}

// signs adds the flags of a verb that signs at a console and nothing else.
func (v *visit) signs(c *cobra.Command) {
	v.signing.flags(c)
	v.flags(c)
	c.MarkFlagsMutuallyExclusive("keystore", "ledger", "ed25519")
	c.MarkFlagsOneRequired("keystore", "ledger", "ed25519")
}

// open connects and signs in.
func (v *visit) open(c *cobra.Command) (*console.Client, error) {
	if v.url == "" {
		v.url = os.Getenv("FIREBREAK_CONSOLE")
	}
	switch {
	case v.url == "":
		return nil, usage{errors.New("say with --console or FIREBREAK_CONSOLE where the approval page is")}
	case v.as == "":
		return nil, usage{errors.New("say with --as who you are in the guardian document")}
	}
	var roots []byte
	if v.caFile != "" {
		var err error
		if roots, err = readFile(c, v.caFile); err != nil {
			return nil, err
		}
	}
	client, err := console.NewClient(strings.TrimSuffix(v.url, "/"), roots)
	if err != nil {
		return nil, usage{err}
	}
	if consoleTransport != nil {
		client.Dial(consoleTransport)
	}
	return client, v.signIn(c, client)
}

// signIn signs a sign-in that is written here: for the site that was named on the
// command line and for no other, and good for nothing but reading.
func (v *visit) signIn(c *cobra.Command, client *console.Client) error {
	challenge, raw, err := client.Challenge(c.Context(), v.as)
	if err != nil {
		return err
	}
	domain, err := domainOf(raw)
	if err != nil {
		return err
	}
	login := consent.Login{Origin: client.Origin(), Guardian: v.as, Nonce: challenge.Nonce, ValidUntil: uint64(challenge.Until.Unix())}
	if login.Digest(domain) != challenge.Sheet.Digest {
		return fmt.Errorf("DO NOT GO ON: %s asks for something else than a sign-in of %s to it; nothing was signed", client.Origin(), v.as)
	}
	s, err := v.sign(c, subject{digest: login.Digest(domain), data: login.TypedData(domain)})
	if err != nil {
		return err
	}
	_, err = client.SignIn(c.Context(), console.SignIn{Person: v.as, Nonce: challenge.Nonce, Signature: s})
	return err
}

// domainOf reads the key that a sign-in is for. Whatever it says, what is signed
// is a sign-in.
func domainOf(raw json.RawMessage) (consent.Domain, error) {
	var data struct {
		Domain struct {
			Signer   json.RawMessage `json:"verifyingContract"`
			Instance json.RawMessage `json:"salt"`
		} `json:"domain"`
	}
	var d consent.Domain
	if err := errors.Join(json.Unmarshal(raw, &data), json.Unmarshal(data.Domain.Signer, &d.Signer), json.Unmarshal(data.Domain.Instance, &d.Instance)); err != nil {
		return d, fmt.Errorf("the console's sign-in cannot be read; is this the address of the approval page? (%w)", err)
	}
	return d, nil
}

// leave signs out, whatever came of it. Who cannot be reached forgets the session
// within the hour.
func leave(c *cobra.Command, client *console.Client) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Context()), 5*time.Second)
	defer cancel()
	_ = client.End(ctx)
}

// vote shows a request and casts a signed vote on it.
func (v *visit) vote(c *cobra.Command, want console.Wanted, id incident.ID) error {
	client, err := v.open(c)
	if err != nil {
		return err
	}
	defer leave(c, client)
	document, err := client.Document(c.Context(), id)
	if err != nil {
		return err
	}
	state, err := stateOf(id, document)
	if err != nil {
		return err
	}
	sayRequest(c.ErrOrStderr(), state, document.Request)
	paper, err := v.paper(c, client, ballot.Ask{State: state, Person: v.as, Decision: want.Decision, Reason: want.Reason, Keys: keysOf(document)})
	if err != nil {
		return err
	}
	sayPaper(c.ErrOrStderr(), paper)
	if err := v.certain(c, state, want.Decision); err != nil {
		return err
	}
	signed := console.Signed{Paper: console.Named{ID: paper.ID, Issued: paper.Issued, Decision: want.Decision, Reason: want.Reason}}
	for _, sheet := range paper.Sheets {
		if len(paper.Sheets) > 1 {
			fmt.Fprintln(c.ErrOrStderr(), printable(sheet.Title))
		}
		s, err := v.sign(c, subject{sheet.Digest, sheet.Data, guardiansOf(state, sheet, document)})
		if err != nil {
			return err
		}
		signed.Signatures = append(signed.Signatures, s)
	}
	after, err := handInVote(c.Context(), client, id, signed)
	if err != nil {
		return err
	}
	fmt.Fprintln(c.OutOrStdout(), printable(after.Sentence))
	return nil
}

// handInVote hands a signed paper in, and once more where nobody knows what
// became of it: it counts once.
func handInVote(ctx context.Context, client *console.Client, id incident.ID, s console.Signed) (ballot.Request, error) {
	for attempt := 0; ; attempt++ {
		done, err := client.Vote(ctx, id, s)
		switch {
		case err == nil && !done.Recorded:
			return done.Request, errors.New("the console did not say that your vote is recorded; ask with firebreak requests")
		case err == nil:
			return done.Request, nil
		case isSentence(err):
			return done.Request, err
		case attempt == 2 || ctx.Err() != nil:
			return done.Request, fmt.Errorf("it is not known that your vote is recorded: %w; run the same command again, it counts once for you", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second << attempt):
		}
	}
}

// certain asks the person, who types the deed.
func (v *visit) certain(c *cobra.Command, s incident.State, decision incident.Decision) error {
	if v.yes {
		return nil
	}
	if !isTerminalIn(c.InOrStdin()) {
		return usage{errors.New("nobody can be asked here; show it to the guardian and say --yes")}
	}
	word := ballot.Describe(s).Phrase
	if decision == incident.Deny {
		word = "DENY"
	}
	fmt.Fprintf(c.ErrOrStderr(), "\nType %q to %s, anything else to leave: ", word, decision)
	line, err := bufio.NewReader(c.InOrStdin()).ReadString('\n')
	if err != nil || !approvals.Typed(line, word) {
		return errors.New("not signed")
	}
	return nil
}

func newDeny() *cobra.Command {
	v := visit{signing: &signing{}}
	var reason string
	c := &cobra.Command{
		Use:   "deny INCIDENT",
		Short: "Deny a request that waits for votes, with your own key",
		Long: `Deny shows a request as approve does, and signs that you say no to it. A denial
cannot be taken back; enough of them end the request, and nothing is sent.`,
		Example: `  firebreak deny 01JEQ7V5M2K3ABCD --console https://approve.example.org --as ana --ledger --reason false-alarm`,
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, given []string) error {
			id, err := incident.ParseID(given[0])
			if err != nil {
				return usage{err}
			}
			return v.vote(c, console.Wanted{Decision: incident.Deny, Reason: reason}, id)
		},
	}
	v.signs(c)
	c.Flags().StringVar(&reason, "reason", "", "why, in one `line`; everybody reads it")
	c.MarkFlagRequired("reason")
	return c
}

func newRequests() *cobra.Command {
	v := visit{signing: &signing{}}
	var format string
	c := &cobra.Command{
		Use:   "requests",
		Short: "List what waits for votes, from the approval page",
		Long: `Requests lists what guardians are asked now and what they were asked last, as the
approval page shows it. You sign in with your key, which decides nothing.`,
		Example: `  firebreak requests --console https://approve.example.org --as ana --keystore ana.json
  firebreak requests --console https://approve.example.org --as ana --ledger --format json`,
		Args: args(cobra.NoArgs),
	}
	v.signs(c)
	formatFlag(c, &format)
	c.RunE = func(c *cobra.Command, _ []string) error {
		client, err := v.open(c)
		if err != nil {
			return err
		}
		defer leave(c, client)
		list, err := client.Requests(c.Context())
		if err != nil {
			return err
		}
		if format == "json" {
			encoder := json.NewEncoder(c.OutOrStdout())
			encoder.SetIndent("", "  ")
			return encoder.Encode(list)
		}
		w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
		for _, r := range append(list.Open, list.Ended...) {
			until, tally := "", ""
			if r.Deadline != nil {
				until = r.Deadline.UTC().Format("until 2006-01-02 15:04:05 UTC")
			}
			if r.Votes != nil {
				tally = r.Votes.Tally
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", printable(string(r.Incident)), printable(string(r.Phase)), printable(tally), until, printable(r.Headline))
		}
		return w.Flush()
	}
	return c
}
