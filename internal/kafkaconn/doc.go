// Package kafkaconn says how the brokers of a Kafka cluster are reached, for those
// who read from it and those who write to it.
//
//	Access ──Options──► kgo.NewClient ──Reach──► is anybody there?
//
// The client library tries everything again for ever and keeps the cause to itself;
// Reach asks once and says what is wrong. Certificates are always verified.
//
// Everything here is a function of its arguments.
package kafkaconn
