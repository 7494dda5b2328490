package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

const (
	// commitEvery is how often marks are committed.
	commitEvery = time.Second
	// fetchWait is how long a broker may hold its answer when it has no records.
	// It is below quiet, so that a broker that is there is heard in time.
	fetchWait = 500 * time.Millisecond
	// sessionTimeout is how long the group waits for a member that went silent
	// before it gives its partitions away; 6 s is the least that brokers allow.
	sessionTimeout = 6 * time.Second
	// answerTime bounds the wait for an answer to a question of our own.
	answerTime = 5 * time.Second

	fetchBytes          = 16 << 20
	fetchPartitionBytes = 1 << 20
	responseBytes       = 64 << 20
	unpackedBytes       = 64 << 20
)

// options are those of a client for one membership.
func (c *Config) options() ([]kgo.Opt, error) {
	start := kgo.NewOffset().AtEnd()
	if c.Start == Earliest {
		start = kgo.NewOffset().AtStart()
	}
	opts := []kgo.Opt{
		kgo.SeedBrokers(c.Brokers...), kgo.ClientID("ticker"), kgo.DialTimeout(answerTime), kgo.RetryTimeout(sessionTimeout),
		kgo.ConsumeTopics(c.Topic), kgo.ConsumerGroup(c.Group), kgo.ConsumeStartOffset(start),
		kgo.AutoCommitMarks(), kgo.AutoCommitInterval(commitEvery), kgo.BlockRebalanceOnPoll(),
		kgo.SessionTimeout(sessionTimeout), kgo.HeartbeatInterval(sessionTimeout / 5), kgo.RebalanceTimeout(sessionTimeout),
		kgo.FetchMaxWait(fetchWait), kgo.FetchMaxBytes(fetchBytes), kgo.FetchMaxPartitionBytes(fetchPartitionBytes),
		kgo.BrokerMaxReadBytes(responseBytes), kgo.MaxDecompressBatchBytes(unpackedBytes),
	}
	if c.TLS != nil {
		opts = append(opts, kgo.DialTLSConfig(c.TLS))
	}
	mechanism, err := c.mechanism()
	if mechanism != nil {
		opts = append(opts, kgo.SASL(mechanism))
	}
	return opts, err
}

// mechanism returns how to say who we are, nil for not at all.
func (c *Config) mechanism() (sasl.Mechanism, error) {
	if c.SASL != "" && (c.User == "" || c.Password == "") {
		return nil, errors.New("sasl needs user, and password or password_file")
	}
	switch c.SASL {
	case "":
		if c.User != "" || c.Password != "" {
			return nil, errors.New("user and password need sasl: want plain, scram-sha-256 or scram-sha-512")
		}
		return nil, nil //nolint:nilnil // Both are what a broker without passwords wants.
	case "plain":
		return plain.Auth{User: c.User, Pass: c.Password}.AsMechanism(), nil
	case "scram-sha-256":
		return scram.Auth{User: c.User, Pass: c.Password}.AsSha256Mechanism(), nil
	case "scram-sha-512":
		return scram.Auth{User: c.User, Pass: c.Password}.AsSha512Mechanism(), nil
	}
	return nil, fmt.Errorf("sasl %q: want plain, scram-sha-256 or scram-sha-512", c.SASL)
}

// isAnswer reports whether an error is what a broker answered.
func isAnswer(err error) bool {
	var code *kerr.Error
	return errors.As(err, &code)
}

// reach asks the brokers for nothing. Any other request is tried again and again;
// this one says what is wrong.
func reach(ctx context.Context, client *kgo.Client) error {
	err := client.Ping(ctx)
	if errors.Is(err, io.EOF) {
		// It was a connection that had ended before. A new one tells more.
		err = client.Ping(ctx)
	}
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("the broker hung up, as some do on a wrong password or without the TLS or SASL that they want: %w", err)
	}
	return err
}

// topicID asks the brokers for the topic. That there is no topic is an error, as
// is no answer.
func topicID(ctx context.Context, client *kgo.Client, topic string) ([16]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	if err := reach(ctx, client); err != nil {
		return [16]byte{}, fmt.Errorf("reach kafka: %w", err)
	}
	request := kmsg.NewPtrMetadataRequest()
	asked := kmsg.NewMetadataRequestTopic()
	asked.Topic = &topic
	request.Topics = append(request.Topics, asked)
	answer, err := request.RequestWith(ctx, client)
	if err == nil && len(answer.Topics) != 1 {
		err = errors.New("the answer is about another topic")
	}
	if err == nil {
		err = kerr.ErrorForCode(answer.Topics[0].ErrorCode)
	}
	if err != nil {
		return [16]byte{}, fmt.Errorf("ask for topic %q: %w", topic, err)
	}
	return answer.Topics[0].TopicID, nil
}
