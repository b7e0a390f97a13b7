# The build: one static binary. Dependencies have a layer of their own, which a change of our own
# sources leaves alone.
# The version is that of rust-toolchain.toml. docs/container.md says how to renew the digest.
ARG RUST_IMAGE=rust:1.95.0-bookworm@sha256:6258907abe69656e41cd992e0b705cdcfabcbbe3db374f92ed2d47121282d4a1
FROM ${RUST_IMAGE} AS build
WORKDIR /build
ENV SQLX_OFFLINE=true
# It writes the list of the crates into the binary, for those who look for vulnerable ones.
RUN cargo install cargo-auditable --version 0.7.7 --locked
COPY Cargo.toml Cargo.lock build.rs ./
COPY crates crates
RUN mkdir src \
    && echo 'fn main() {}' > src/main.rs \
    && touch src/lib.rs \
    && cargo auditable rustc --release --locked --bin heymilo-sync -- -C target-feature=+crt-static \
    && rm -r src
COPY . .
# Cargo goes by file times, and those of a checkout may be older than the placeholder's. /image is
# what the image holds: the binary, the roots of trust for TLS, and a directory for the spool, whose
# owner and mode a new volume takes over.
RUN find src -name '*.rs' -exec touch {} + \
    && cargo auditable rustc --release --locked --bin heymilo-sync -- -C target-feature=+crt-static \
    && install -D target/release/heymilo-sync /image/heymilo-sync \
    && install -D -m 644 /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ca-certificates.crt \
    && install -d -o 65532 -g 65532 -m 700 /image/var/lib/heymilo-sync

# The image. All times are UTC, so it needs no time zones; it writes to the spool alone, so its root
# file system can be read-only.
FROM scratch
COPY --from=build /image/ /
ENV HEYMILO_SYNC__SPOOL__DIRECTORY=/var/lib/heymilo-sync/spool
# Memory that was freed goes back at once: under load that halves what the daemon holds.
ENV MIMALLOC_PURGE_DELAY=0
USER 65532:65532
# Everybody's, and the operators'.
EXPOSE 8080 8081
HEALTHCHECK --interval=10s --timeout=10s --start-period=60s CMD ["/heymilo-sync", "healthcheck"]
STOPSIGNAL SIGTERM
ARG REVISION=unknown
LABEL org.opencontainers.image.title="heymilo-sync" \
    org.opencontainers.image.description="Keeps a faithful, fresh, queryable Postgres copy of a HeyMilo workspace" \
    org.opencontainers.image.version="0.1.0" \
    org.opencontainers.image.revision="$REVISION" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.base.name="scratch"
ENTRYPOINT ["/heymilo-sync"]
CMD ["run"]
