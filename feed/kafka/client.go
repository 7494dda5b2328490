package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"ticker/internal/kafkaconn"
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
	opts, err := c.Options()
	return append(opts,
		kgo.RetryTimeout(sessionTimeout),
		kgo.ConsumeTopics(c.Topic), kgo.ConsumerGroup(c.Group), kgo.ConsumeStartOffset(start),
		kgo.AutoCommitMarks(), kgo.AutoCommitInterval(commitEvery), kgo.BlockRebalanceOnPoll(),
		kgo.SessionTimeout(sessionTimeout), kgo.HeartbeatInterval(sessionTimeout/5), kgo.RebalanceTimeout(sessionTimeout),
		kgo.FetchMaxWait(fetchWait), kgo.FetchMaxBytes(fetchBytes), kgo.FetchMaxPartitionBytes(fetchPartitionBytes),
		kgo.BrokerMaxReadBytes(responseBytes), kgo.MaxDecompressBatchBytes(unpackedBytes)), err
}

// isAnswer reports whether an error is what a broker answered.
func isAnswer(err error) bool {
	var code *kerr.Error
	return errors.As(err, &code)
}

// topicID asks the brokers for the topic. That there is no topic is an error, as
// is no answer.
func topicID(ctx context.Context, client *kgo.Client, topic string) ([16]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	// Any other request is tried again and again; this one says what is wrong.
	if err := kafkaconn.Reach(ctx, client); err != nil {
		return [16]byte{}, err
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
