FROM oven/bun:1.4.5-debian AS build
WORKDIR /licet
COPY . .
RUN scripts/build

FROM debian:bookworm-slim
COPY --from=build /licet/dist/licet /usr/local/bin/licet
RUN useradd --system --no-create-home --uid 10001 licet \
  && install --directory --owner=licet --mode=0700 /data

ENV LICET_HOST=0.0.0.0 LICET_DATA_DIR=/data
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["licet", "healthcheck"]
ENTRYPOINT ["licet"]
