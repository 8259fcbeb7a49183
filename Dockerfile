FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /srv/mithaq
COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes --requirement requirements.txt
COPY . .
# collecting files asks no database; these values are of this step alone
RUN pybabel --quiet compile --domain django --directory locale \
 && DATABASE_URL=postgresql://none@none/none REDIS_URL=redis://none SECRET_KEY=none python manage.py collectstatic --no-input --verbosity 0 \
 && useradd --system mithaq
USER mithaq
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--workers", "3", "--threads", "4", "--no-control-socket"]
