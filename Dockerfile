FROM oven/bun:1.4.5-debian AS build
WORKDIR /licet
COPY . .
# The context has no .git, so the commit has to be given to be part of the version:
#   docker build --build-arg SOURCE_REVISION="$(git describe --always --dirty --abbrev=12 --exclude='*')" .
ARG SOURCE_REVISION=
RUN scripts/build

FROM debian:bookworm-slim
COPY --from=build /licet/dist/licet /usr/local/bin/licet
RUN useradd --no-create-home --shell /usr/sbin/nologin --uid 10001 licet \
  && install --directory --owner=licet --mode=0700 /data

LABEL org.opencontainers.image.title="Licet" \
  org.opencontainers.image.description="A license server in a single file" \
  org.opencontainers.image.licenses="MIT"
ENV LICET_HOST=0.0.0.0 LICET_DATA_DIR=/data
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["licet", "healthcheck"]
ENTRYPOINT ["licet"]
