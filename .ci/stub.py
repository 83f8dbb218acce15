"""A registry for measurements: nginx on loopback answers every HEAD of a manifest with one digest."""
import os, socket, subprocess, tempfile, shutil


class Registry:
    def __init__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = tempfile.mkdtemp(prefix="tagbeat-stub-", dir="/tmp")
        with open(f"{self.folder}/nginx.conf", "w") as file:
            file.write(f"""
worker_processes 1; daemon off; pid {self.folder}/nginx.pid; error_log {self.folder}/error.log;
{"user root;" if os.geteuid() == 0 else ""}
events {{ worker_connections 1024; }}
http {{
    access_log off; keepalive_requests 100000000;
    server {{
        listen 127.0.0.1:{self.port};
        location /v2/ {{
            default_type application/vnd.oci.image.manifest.v1+json;
            add_header Docker-Content-Digest "sha256:{'5' * 64}";
            return 200 "{{}}";
        }}
    }}
}}""")
        self.process = subprocess.Popen(["/usr/sbin/nginx", "-c", f"{self.folder}/nginx.conf", "-p", self.folder])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
