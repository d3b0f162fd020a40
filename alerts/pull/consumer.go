package pull

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// What our own consumer is made with, and what others are held against.
const (
	ackWait    = 30 * time.Second
	ackPending = 256
	// leastAckWait is what a batch may take on a slow disk; below it messages come
	// again while they are being stored.
	leastAckWait = 15 * time.Second
	// leastAge is how long a stream should keep what nobody could fetch.
	leastAge = 24 * time.Hour
)

// consumer finds the durable consumer, or makes it, and looks whether alerts can
// be lost on the way. It changes nothing that is there.
func (p *Puller) consumer(ctx context.Context, conn *nats.Conn) (jetstream.Consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, fmt.Errorf("speak JetStream: %w", err)
	}
	stream, err := js.Stream(ctx, p.c.Stream)
	if err != nil {
		return nil, fmt.Errorf("find stream %s: %w", p.c.Stream, err)
	}
	consumer, err := stream.Consumer(ctx, p.c.Consumer)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		consumer, err = stream.CreateConsumer(ctx, ours(p.c))
	}
	if err != nil {
		return nil, fmt.Errorf("find or make consumer %s of stream %s: %w", p.c.Consumer, p.c.Stream, err)
	}
	faults, warnings := judge(stream.CachedInfo().Config, consumer.CachedInfo().Config, p.c.Subject)
	for _, w := range warnings {
		p.c.Log.Warn("alerts could be lost in the stream", "source", p.c.Source, "stream", p.c.Stream, "consumer", p.c.Consumer, "why", w)
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("consumer %s of stream %s cannot be used: %s", p.c.Consumer, p.c.Stream, strings.Join(faults, "; "))
	}
	return consumer, nil
}

// Look connects once and says what would keep alerts from coming, as the error,
// or lose some of them, as warnings. It makes and changes nothing: a consumer that
// is missing is none of these, because Run makes it. Doors are not asked.
func Look(ctx context.Context, c Config) (warnings []string, err error) {
	conn, err := c.connect()
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, fmt.Errorf("speak JetStream: %w", err)
	}
	stream, err := js.Stream(ctx, c.Stream)
	if err != nil {
		return nil, fmt.Errorf("find stream %s: %w", c.Stream, err)
	}
	own := ours(c)
	consumer, err := stream.Consumer(ctx, c.Consumer)
	if err == nil {
		own = consumer.CachedInfo().Config
	} else if !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return nil, fmt.Errorf("find consumer %s of stream %s: %w", c.Consumer, c.Stream, err)
	}
	faults, warnings := judge(stream.CachedInfo().Config, own, c.Subject)
	if len(faults) > 0 {
		return warnings, fmt.Errorf("consumer %s of stream %s cannot be used: %s", c.Consumer, c.Stream, strings.Join(faults, "; "))
	}
	return warnings, nil
}

// ours is the consumer that is made where there is none.
func ours(c Config) jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{Durable: c.Consumer, FilterSubject: c.Subject, Description: "firebreak's source " + c.Source,
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait, MaxAckPending: ackPending, MaxDeliver: -1, DeliverPolicy: jetstream.DeliverAllPolicy}
}

// judge says how a stream and its consumer would lose alerts: faults are reasons
// not to fetch from it at all. Pure.
func judge(s jetstream.StreamConfig, c jetstream.ConsumerConfig, subject string) (faults, warnings []string) {
	fault := func(bad bool, why string) {
		if bad {
			faults = append(faults, why)
		}
	}
	warn := func(bad bool, why string) {
		if bad {
			warnings = append(warnings, why)
		}
	}
	fault(c.AckPolicy != jetstream.AckExplicitPolicy, "its ack policy is not explicit, so a message is gone before it is stored here; make it with ack: explicit")
	fault(c.DeliverSubject != "", "it pushes; make a pull consumer")
	fault(c.HeadersOnly, "it sends headers alone; leave headers_only out")
	fault(c.Durable == "", "it is not durable, so nobody would know how far we are")
	fault(subject != "" && !filters(c, subject), "it has another filter than the configured subject "+subject+"; make it anew, or configure what it has")
	warn(s.Storage == jetstream.MemoryStorage, "the stream is in memory, and gone when its server is; use file storage")
	warn(s.NoAck, "publishers are not told whether the stream has a message; leave no_ack out")
	warn(s.Retention == jetstream.InterestPolicy, "the stream keeps only what a consumer is there for; use limits or workqueue")
	warn(s.MaxAge > 0 && s.MaxAge < leastAge, fmt.Sprintf("the stream forgets after %s what could not be fetched; keep it for %s", s.MaxAge, leastAge))
	warn(s.Discard == jetstream.DiscardOld && (s.MaxMsgs > 0 || s.MaxBytes > 0 || s.MaxMsgsPerSubject > 0),
		"a full stream drops its oldest messages, also those that were not fetched; use discard: new, so that publishers hear of it")
	warn(c.MaxDeliver > 0, fmt.Sprintf("a message is given up after %d tries; leave max_deliver out", c.MaxDeliver))
	warn(c.AckWait > 0 && c.AckWait < leastAckWait, fmt.Sprintf("a message comes again after %s, while it may still be being stored; wait %s", c.AckWait, ackWait))
	warn(c.MemoryStorage, "the consumer is in memory, and forgets how far we are")
	warn(c.InactiveThreshold > 0, fmt.Sprintf("the consumer is removed when we are away for %s; leave inactive_threshold out", c.InactiveThreshold))
	return faults, warnings
}

func filters(c jetstream.ConsumerConfig, subject string) bool {
	if len(c.FilterSubjects) > 0 {
		return len(c.FilterSubjects) == 1 && c.FilterSubjects[0] == subject
	}
	return c.FilterSubject == subject
}
