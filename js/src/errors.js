// TickerError is every error that the client rejects with or tells of.

export class TickerError extends Error {
  /**
   * @param {string} code one of the service's error codes, or 'timeout',
   *   'disconnected', 'queue_full', 'aborted', 'closed'
   * @param {string} message for people; may change
   * @param {{cause?: unknown, closeCode?: number, fatal?: boolean}} [more]
   */
  constructor(code, message, more = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'TickerError';
    this.code = code;
    /** Whether the client gave up because of it. */
    this.fatal = more.fatal ?? false;
    /** The close code of the WebSocket, or the status of HTTP, that was behind it. */
    this.closeCode = more.closeCode;
  }
}

/**
 * aborted is what a caller gets who gave up by an AbortSignal.
 * @param {AbortSignal} signal
 */
export function aborted(signal) {
  return new TickerError('aborted', 'the request was aborted', { cause: signal.reason });
}
