"""A provider that knows the keys which begin with "sk-"; prints its address."""
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Provider(BaseHTTPRequestHandler):
    def do_GET(self):
        is_known = self.headers.get("authorization", "").startswith("Bearer sk-")
        body = b'{"object": "list", "data": []}' if is_known else b'{"error": {"code": "invalid_api_key"}}'
        self.send_response(200 if is_known else 401)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
print(f"http://127.0.0.1:{server.server_port}/v1", flush=True)
server.serve_forever()
