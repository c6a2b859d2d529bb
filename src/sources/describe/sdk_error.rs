//! The text of an error, as the SDKs and the command line of the service print it
//! where a response should be.

/// Returns the code and the message of an error that a text has, where it has one: a text such as
/// `[TencentCloudSDKException] code:AuthFailure message:no requestId:0`, or
/// `[TencentCloudSDKError] Code=AuthFailure, Message=no, RequestId=0`.
pub(in crate::sources) fn sdk_error(text: &str) -> Option<(Option<&str>, Option<&str>)> {
    /// The most bytes that are looked at: words stand before it, such as where in a
    /// program the error occurred.
    const MOST: usize = 64 << 10;
    let (_, rest) = text.get(..floor(text, MOST))?.split_once("[TencentCloudSDK")?;
    let (_, rest) = rest.split_once(']')?;
    let code = value(rest, "code").and_then(|rest| rest.split([' ', ',', '\r', '\n']).next());
    let message = value(rest, "message").map(|rest| {
        let end = ["requestid", "request_id"].into_iter().filter_map(|key| position(rest, key)).min();
        let message = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        message.trim().trim_end_matches(',')
    });
    let is_code = |code: &&str| {
        !code.is_empty()
            && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_'))
    };
    Some((code.filter(is_code), message.filter(|message| !message.is_empty())))
}

/// Returns the greatest index of a character that is at most this one.
fn floor(text: &str, most: usize) -> usize {
    (0..=most.min(text.len())).rev().find(|index| text.is_char_boundary(*index)).unwrap_or_default()
}

/// Returns the text behind a key, which is in any case and followed by a colon or an equals sign.
fn value<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let start = position(text, key)?;
    let rest = text.get(start + key.len()..)?;
    Some(rest.get(1..)?.trim_start())
}

/// Returns the index of a key, which is in any case and followed by a colon or an equals sign.
fn position(text: &str, key: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_key = |start: usize| {
        let end = start + key.len();
        bytes.get(start..end).is_some_and(|found| found.eq_ignore_ascii_case(key.as_bytes()))
            && matches!(bytes.get(end), Some(b':' | b'='))
            && start
                .checked_sub(1)
                .and_then(|before| bytes.get(before))
                .is_none_or(|before| !before.is_ascii_alphanumeric())
    };
    (0..bytes.len()).find(|start| is_key(*start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_an_sdk_has_a_code_and_a_message() {
        let expected = Some((Some("UnauthorizedOperation"), Some("not authorized: `a`, b")));
        for text in [
            "[TencentCloudSDKException] code:UnauthorizedOperation message:not authorized: `a`, b requestId:0000\n",
            "[TencentCloudSDKException]code: UnauthorizedOperation  message: not authorized: `a`, b  requestId: 0000",
            "[TencentCloudSDKError] Code=UnauthorizedOperation, Message=not authorized: `a`, b, RequestId=0000",
            "Traceback:\r\n  File x\r\na.TencentCloudSDKException: [TencentCloudSDKException] code:UnauthorizedOperation message:not authorized: `a`, b request_id:1",
            "[TencentCloudSDKException] code:UnauthorizedOperation message:not authorized: `a`, b",
        ] {
            assert_eq!(sdk_error(text), expected, "{text}");
        }
        assert_eq!(sdk_error("[TencentCloudSDKException] "), Some((None, None)));
        assert_eq!(sdk_error("[TencentCloudSDKException] code: message:"), Some((None, None)));
        for other in ["", "[TencentCloudSDK", "code:AuthFailure", "[1]"] {
            assert_eq!(sdk_error(other), None, "{other}");
        }
        // Cut between two characters.
        let long = format!("[TencentCloudSDKException] code:A message:{}", "像".repeat(40_000));
        assert_eq!(sdk_error(&long).unwrap().0, Some("A"));
    }
}
