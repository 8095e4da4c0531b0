/* An answer that goes out piece by piece, each as its handler's run gave it. In clear a worker writes to the socket itself: the
 * connection stays suspended, and the event loop, which would look at all its suspended connections, has nothing to do with it. Over TLS, for
 * the first piece and for the end the event loop writes. */
#ifndef YIQIAN_HTTP_STREAM_H
#define YIQIAN_HTTP_STREAM_H

#include "http/exchange.h"

/* NULL is fine. */
void stream_destroy(stream *s);

/* After a run of the handler that gave a piece (or failed: then the stream ends), by the worker. x is not the caller's any more. */
void stream_advance(exchange *x);

/* Ends it while it is parked (and taken out): in order, or, where the client is gone, at once. */
void stream_end(exchange *x, bool gone);

#endif
