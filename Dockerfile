FROM python:3.11-slim
RUN useradd --system --create-home --home-dir /data dq && chmod 700 /data
COPY dist/*.whl /tmp/
RUN pip install --no-cache-dir /tmp/*.whl
USER dq
ENV DQ_DATA_DIR=/data
VOLUME /data
EXPOSE 8000
HEALTHCHECK CMD ["python", "-c", "import urllib.request as ask; ask.urlopen('http://127.0.0.1:8000/livez')"]
CMD ["dq", "serve", "--host", "0.0.0.0"]
