# The local server, as an image: see INSTALL.md.
FROM rust:1.95-slim-bookworm AS build
WORKDIR /lumetra-engram
COPY . .
RUN cargo build --locked --profile dist --package lumetra-engram-local --bin engram-local && mkdir /data

# Without a shell, and without root.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /lumetra-engram/target/dist/engram-local /usr/bin/engram-local
COPY LICENSE cli/THIRD-PARTY-NOTICES.txt /usr/share/doc/engram-local/
COPY --from=build --chown=nonroot:nonroot /data /data
VOLUME /data
EXPOSE 7878
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["/usr/bin/engram-local", "health"]
ENTRYPOINT ["/usr/bin/engram-local"]
CMD ["--listen", "0.0.0.0:7878", "--database", "/data/engram.db"]
