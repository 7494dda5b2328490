package wire

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCloseCodesSayWhetherToComeBack(t *testing.T) {
	t.Parallel()
	for code, want := range map[CloseCode]bool{
		CloseGoingAway: true, CloseInternal: true, CloseOverloaded: true, CloseTokenExpired: true, CloseStalled: true,
		CloseProtocol: false, CloseDataType: false, CloseBadUTF8: false, ClosePolicy: false, CloseTooLarge: false,
		CloseUnauthorized: false, CloseForbidden: false,
		1000: true, 1005: true, 1006: true, 1012: true, 4099: true, 4100: false, 4199: false, 4200: true,
	} {
		if got := code.Reconnect(); got != want {
			t.Errorf("%d: %t, want %t", code, got, want)
		}
	}
}

func TestCloseReasonsAreDistinctAndFitAControlFrame(t *testing.T) {
	t.Parallel()
	seen := map[string]CloseCode{}
	for _, code := range []CloseCode{
		CloseGoingAway, CloseInternal, CloseOverloaded, CloseTokenExpired, CloseStalled, CloseProtocol, CloseDataType,
		CloseBadUTF8, ClosePolicy, CloseTooLarge, CloseUnauthorized, CloseForbidden, 4999,
	} {
		reason := code.String()
		if other, ok := seen[reason]; ok || reason == "" || len(reason) > 123 {
			t.Errorf("%d is %q, like %d", code, reason, other)
		}
		seen[reason] = code
	}
}

func TestCodesHaveAnHTTPStatus(t *testing.T) {
	t.Parallel()
	for code, want := range map[Code]int{
		CodeBadMessage: 400, CodeBadRequest: 400, CodeUnknownType: 400, CodeUnknownAction: 400, CodeUnknownResource: 400,
		CodeBadSymbol: 400, CodeTooManySymbols: 400, CodeRateLimited: 429, CodeUnauthorized: 401, CodeForbidden: 403,
		CodeNotFound: 404, CodeTooLarge: 413, CodeTimeout: 504, CodeUnavailable: 503, CodeInternal: 500, "novel": 500,
	} {
		if got := code.Status(); got != want {
			t.Errorf("%s: %d, want %d", code, got, want)
		}
	}
}

func TestProblemReadsAsItWasWritten(t *testing.T) {
	t.Parallel()
	want := NewProblem(CodeNotFound, "no symbol XYZ")
	got, err := ParseProblem(want.Append(nil))
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := ParseProblem([]byte("<html>Bad Gateway</html>")); err == nil {
		t.Error("a page was read as a problem")
	}
}

func TestCodecsHaveTheirSubprotocol(t *testing.T) {
	t.Parallel()
	if JSON.Subprotocol() != "ticker.v1.json" || MsgPack.Subprotocol() != "ticker.v1.msgpack" {
		t.Errorf("got %s and %s", JSON.Subprotocol(), MsgPack.Subprotocol())
	}
}
