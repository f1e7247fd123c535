"""A web server on this machine, for tests of what is downloaded."""
import contextlib
import http.server
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers with the server's files, after as many failures as are asked for."""

    def do_GET(self):
        self.server.asked.append(self.path)
        if self.server.failures:
            self.server.failures -= 1
            self.send_error(503)
        elif self.path not in self.server.files:
            self.send_error(404)
        else:
            body = self.server.files[self.path]
            self.send_response(200)
            self.send_header("Content-Length", str(len(body) + self.server.missing_bytes))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = False  # closing the server waits for its threads


@contextlib.contextmanager
def serving(files):
    """Serve `files`, bytes by path, and give the server: its ``url``, what was ``asked``, ``failures`` to come."""
    with Server(("127.0.0.1", 0), Handler) as server:
        server.files, server.asked, server.failures, server.missing_bytes = files, [], 0, 0
        server.url = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
