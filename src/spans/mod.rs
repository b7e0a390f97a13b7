//! Spans, carried from one process to the next, and sent to a collector if the settings name one.
#![doc = include_str!("README.md")]

mod export;

use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

pub use export::Exporter;

/// The id of a span in W3C format (`traceparent`), for the process that continues its work later.
/// `None` when spans are not sent.
pub fn traceparent(span: &Span) -> Option<String> {
    let context = span.context();
    let span = context.span().span_context().clone();
    span.is_valid().then(|| {
        let flags = span.trace_flags().to_u8();
        format!("00-{}-{}-{flags:02x}", span.trace_id(), span.span_id())
    })
}

/// Makes a span continue the work of another one. An invalid `traceparent` is ignored.
pub fn follow(span: &Span, traceparent: &str) {
    if let Some(parent) = parse(traceparent) {
        let context = opentelemetry::Context::new().with_remote_span_context(parent);
        // A span that is not sent has no parent either.
        span.set_parent(context).ok();
    }
}

fn parse(traceparent: &str) -> Option<SpanContext> {
    let parts: Vec<&str> = traceparent.split('-').collect();
    let ["00", trace, span, flags] = parts[..] else { return None };
    let context = SpanContext::new(
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(span).ok()?,
        TraceFlags::new(u8::from_str_radix(flags, 16).ok()?),
        true,
        TraceState::default(),
    );
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_read_as_it_was_written() {
        let written = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

        let read = parse(written).unwrap();

        assert_eq!(read.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(read.span_id().to_string(), "00f067aa0ba902b7");
        assert!(read.is_sampled());
    }

    #[test]
    fn nonsense_names_no_span() {
        for nonsense in
            ["", "00", "00-0-0-01", "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"]
        {
            assert!(parse(nonsense).is_none(), "{nonsense}");
        }
        let without_ids = "00-00000000000000000000000000000000-0000000000000000-01";
        assert!(parse(without_ids).is_none());
    }

    #[test]
    fn without_a_collector_a_span_has_no_name() {
        assert_eq!(traceparent(&tracing::info_span!("work")), None);
    }
}
