package mirror.tiers.dialect;

import static mirror.tiers.dialect.Adapter.ANTHROPIC;
import static mirror.tiers.dialect.Adapter.OPENAI;
import static mirror.tiers.dialect.Wire.json;
import static mirror.tiers.dialect.Wire.tree;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import mirror.tiers.dialect.Failure.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ErrorTranslationTest {
    @ParameterizedTest
    @CsvSource({
        "400, invalid_request_error, INVALID_REQUEST",
        "401, authentication_error, AUTHENTICATION",
        "402, billing_error, BILLING",
        "403, permission_error, PERMISSION",
        "404, not_found_error, NOT_FOUND",
        "413, request_too_large, TOO_LARGE",
        "429, rate_limit_error, RATE_LIMIT",
        "500, api_error, API",
        "504, timeout_error, TIMEOUT",
        "529, overloaded_error, OVERLOADED",
        "500, overloaded_error, OVERLOADED",
        "529, something_new, OVERLOADED"
    })
    void anthropicsErrorsAreKnownByTheirType(int status, String type, Kind kind) {
        Failure failure = ANTHROPIC.readError(
                status, json("{'type':'error','error':{'type':'" + type + "','message':'why'},'request_id':'r'}"));

        assertThat(failure.kind()).isEqualTo(kind);
        assertThat(failure.message()).isEqualTo("why");
    }

    @ParameterizedTest
    @CsvSource({
        "429, rate_limit_exceeded, tokens, RATE_LIMIT",
        "429, insufficient_quota, insufficient_quota, BILLING",
        "401, invalid_api_key, invalid_request_error, AUTHENTICATION",
        "404, model_not_found, invalid_request_error, NOT_FOUND",
        "400, context_length_exceeded, invalid_request_error, INVALID_REQUEST",
        "503, '', server_error, OVERLOADED",
        "500, '', server_error, API",
        "413, '', '', TOO_LARGE"
    })
    void openAisErrorsAreKnownByTheirCode(int status, String code, String type, Kind kind) {
        Failure failure = OPENAI.readError(
                status,
                json("{'error':{'message':'why','type':'" + type + "','param':'messages','code':'" + code + "'}}"));

        assertThat(failure.kind()).isEqualTo(kind);
        assertThat(failure.param()).isEqualTo("messages");
    }

    @Test
    void moneyThatIsSpentIsNotARateThatPasses() {
        Failure spent = ANTHROPIC.readError(
                400,
                json(
                        "{'type':'error','error':{'type':'invalid_request_error','message':'Your credit balance is too low to access the API.'}}"));

        assertThat(spent.kind()).isEqualTo(Kind.BILLING);
        assertThat(tree(OPENAI.writeError(spent, null).body()).at("/error/code").stringValue())
                .isEqualTo("insufficient_quota");
    }

    @Test
    void everyKindComesBackFromEveryDialect() {
        for (Adapter dialect : List.of(ANTHROPIC, OPENAI)) {
            for (Kind kind : Kind.values()) {
                ClientAdapter.ErrorReply written = dialect.writeError(new Failure(kind, "why"), null);
                assertThat(dialect.readError(written.status(), written.body()).kind())
                        .as("%s", dialect)
                        .isEqualTo(kind);
            }
        }
    }

    @Test
    void anErrorPageOfAProxyIsToldByItsStatus() {
        for (Adapter dialect : List.of(ANTHROPIC, OPENAI)) {
            Failure failure = dialect.readError(502, json("<html><h1>Bad Gateway</h1></html>"));

            assertThat(failure.kind()).isEqualTo(Kind.API);
            assertThat(failure.message()).isEqualTo("The provider answered 502 and did not say why.");
        }
    }

    @Test
    void aProvidersWordsAreOneBoundedLineWithoutKeys() {
        String key = "sk-" + "abcdefghij0123456789";

        Failure failure = OPENAI.readError(
                401,
                json("{'error':{'message':'Incorrect API key provided: " + key + ".\\nHTTP/1.1 200 \\u202e\\u0000"
                        + "x".repeat(100_000) + "'}}"));

        assertThat(failure.message()).doesNotContain(key).doesNotContain("\n", "\u0000", "\u202e");
        assertThat(failure.message().length()).isLessThanOrEqualTo(Failure.MOST);
    }

    @Test
    void serversThatSendTheErrorAsTextOrBareAreUnderstood() {
        assertThat(OPENAI.readError(404, json("{'error':'model \\'x\\' not found'}"))
                        .message())
                .isEqualTo("model \"x\" not found");
        assertThat(OPENAI.readError(400, json("{'object':'error','message':'too long','code':400}"))
                        .message())
                .isEqualTo("too long");
    }
}
