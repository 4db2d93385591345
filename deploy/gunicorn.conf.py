"""How the web server runs. Given to gunicorn by deploy/run.py; `--bind` comes from there as well."""

from pathlib import Path

from app.config import Config
from deploy.gunicorn_logs import Logs

_config = Config.from_env()

worker_class = "gthread"
workers = _config.web_processes
threads = _config.web_threads
timeout = 60
graceful_timeout = 3  # live pages never end by themselves: their browsers connect again
keepalive = 5
control_socket_disable = True  # two instances would share one path under the home folder
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
logger_class = Logs
accesslog = None  # the application logs requests, with their id
