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
    && cargo rustc --release --locked --bin heymilo-sync -- -C target-feature=+crt-static

# The image: the binary, the roots of trust for TLS, an ordinary user.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /build/target/release/heymilo-sync /heymilo-sync
USER 65532:65532
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["/heymilo-sync"]
CMD ["run"]
