package fanout

// CloseAfter is Close with a last word: the frame is sent behind the answers
// that wait, and nothing is sent after it. It returns at once, like Send; see
// WaitSent. On a session that is closed it does nothing.
func (s *Session) CloseAfter(frame []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	out := append(s.out, frame...)
	s.closeLocked()
	s.writeOutLocked(out)
}

// WaitSent waits, once a session is closed, until its writer has written what
// it had to or has failed. It takes as long as Conn.Write and Conn.Wait take.
func (s *Session) WaitSent() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.blocked {
		s.room.Wait()
	}
}

// lastRestLocked returns what a writer writes once its session is closed.
func (s *Session) lastRestLocked() (rest []byte, done bool) {
	rest, s.out = s.out, nil
	s.blocked = len(rest) > 0
	s.room.Broadcast()
	return rest, !s.blocked
}
