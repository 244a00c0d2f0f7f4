# `venues` alone in an image: one static program and the system's certificates, no shell, not root. Written where no image can be fetched:
# the second stage was built by buildah with a folder in place of the first (--build-context build=FOLDER); the first is untried.
#
#   docker build -t venue-sync .
#   docker run --rm -e DATABASE_URL=postgresql://… -e GOOGLE_PLACES_API_KEY=… -v ./venues.toml:/home/venues/venues.toml:ro venue-sync sync --all
#
# The exit code says how a run went (75: run it again to go on), so it needs no health check. The embedded PostgreSQL is not for
# containers: give it a DATABASE_URL.
FROM rust:1.94-alpine AS build
RUN apk add --no-cache ca-certificates musl-dev
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/src/target --mount=type=cache,target=/usr/local/cargo/registry \
    cargo build --release --locked --bin venues && mkdir -p /out/home/venues && cp target/release/venues /out/venues

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/venues /usr/local/bin/venues
COPY --from=build /src/LICENSE /usr/share/doc/venues/LICENSE
COPY --from=build --chown=65532:65532 /out/home /home
WORKDIR /home/venues
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/venues"]
CMD ["--help"]
