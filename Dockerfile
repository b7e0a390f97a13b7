# The build: one static binary. Dependencies have a layer of their own, which a change of our own
# sources leaves alone.
FROM rust:1-bookworm AS build
WORKDIR /build
COPY Cargo.toml Cargo.lock build.rs ./
RUN mkdir src \
    && echo 'fn main() {}' > src/main.rs \
    && touch src/lib.rs \
    && cargo rustc --release --locked --bin heymilo-sync -- -C target-feature=+crt-static \
    && rm -r src
COPY . .
ENV SQLX_OFFLINE=true
# Cargo goes by file times, and those of a checkout may be older than the placeholder's.
RUN find src -name '*.rs' -exec touch {} + \
    && cargo rustc --release --locked --bin heymilo-sync -- -C target-feature=+crt-static \
    && mkdir /state

# The image: the binary, the roots of trust for TLS, an ordinary user. It writes
# nowhere, so that its root file system can be read-only.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /build/target/release/heymilo-sync /heymilo-sync
# The spool's volume: a new one takes its owner from here.
COPY --from=build --chown=65532:65532 --chmod=700 /state /var/lib/heymilo-sync
VOLUME /var/lib/heymilo-sync
USER 65532:65532
# Everybody's, and the operators'.
EXPOSE 8080 8081
STOPSIGNAL SIGTERM
ENTRYPOINT ["/heymilo-sync"]
CMD ["run"]
