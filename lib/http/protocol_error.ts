/** What the other side sent is not HTTP/1.1, or more than is taken. The message never repeats it. */
export class ProtocolError extends Error {
  /** The status that says so to a client. */
  readonly status: 400 | 413 | 431 | 501 | 505;

  constructor(message: string, status: ProtocolError["status"] = 400) {
    super(message);
    this.status = status;
  }
}
