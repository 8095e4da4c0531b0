"""What changed, told to every open browser at once: one bounded queue a listener; who is too slow is told to read anew."""
import queue
import threading

LISTENERS_MAX = 200
WAITING_MAX = 500


class Hub:
    def __init__(self):
        self.lock, self.listeners = threading.Lock(), set()

    def listen(self):
        with self.lock:
            if len(self.listeners) >= LISTENERS_MAX:
                return None
            listener = queue.Queue(WAITING_MAX)
            self.listeners.add(listener)
            return listener

    def leave(self, listener):
        with self.lock:
            self.listeners.discard(listener)

    def publish(self, event):
        with self.lock:
            for listener in self.listeners:
                try:
                    listener.put_nowait(event)
                except queue.Full:
                    while not listener.empty():
                        listener.get_nowait()
                    listener.put_nowait({"kind": "everything"})
