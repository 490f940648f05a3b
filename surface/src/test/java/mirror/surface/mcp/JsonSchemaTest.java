package mirror.surface.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

class JsonSchemaTest {
    private static Object json(String text) {
        return JsonMapper.shared().readValue(text, Object.class);
    }

    @ParameterizedTest(name = "{0}: {1} conforms, {2} does not")
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"type\":\"string\"} | \"a\" | 1",
                "{\"type\":\"integer\"} | 1.0 | 1.5",
                "{\"type\":\"number\"} | 1.5 | \"1\"",
                "{\"type\":\"number\"} | 1 | 1e999",
                "{\"type\":[\"string\",\"null\"]} | null | true",
                "{\"type\":\"array\",\"items\":{\"type\":\"boolean\"}} | [true] | [true,1]",
                "{\"enum\":[1,\"a\",[2.0]]} | [2] | 2",
                "{\"const\":{\"a\":1}} | {\"a\":1.0} | {\"a\":2}",
                "{\"required\":[\"a\"]} | {\"a\":null} | {\"b\":1}",
                "{\"properties\":{\"a\":{\"type\":\"string\"}}} | {\"a\":\"x\",\"b\":1} | {\"a\":1}",
                "{\"properties\":{\"a\":{}},\"additionalProperties\":false} | {\"a\":1} | {\"b\":1}",
                "{\"additionalProperties\":{\"type\":\"string\"}} | {\"b\":\"x\"} | {\"b\":1}",
                "{\"minLength\":2,\"maxLength\":3} | \"ab\" | \"a\"",
                "{\"maxLength\":1} | \"\uD83D\uDE00\" | \"ab\"",
                "{\"pattern\":\"^[a-z]+$\"} | \"abc\" | \"a1\"",
                "{\"minimum\":1,\"maximum\":2} | 2 | 2.5",
                "{\"exclusiveMinimum\":1,\"exclusiveMaximum\":2} | 1.5 | 1",
                "{\"multipleOf\":0.1} | 0.3 | 0.35",
                "{\"minItems\":1,\"maxItems\":2} | [1] | []",
                "{\"uniqueItems\":true} | [1,2] | [1,1.0]",
                "{\"minProperties\":1,\"maxProperties\":1} | {\"a\":1} | {}",
                "{\"allOf\":[{\"minimum\":1},{\"maximum\":2}]} | 1 | 3",
                "{\"anyOf\":[{\"type\":\"string\"},{\"minimum\":5}]} | 6 | 4",
                "{\"oneOf\":[{\"minimum\":1},{\"minimum\":5}]} | 3 | 6",
                "{\"not\":{\"type\":\"string\"}} | 1 | \"a\"",
                "{\"$defs\":{\"t\":{\"type\":\"string\"}},\"items\":{\"$ref\":\"#/$defs/t\"}} | [\"a\"] | [1]",
                "{\"properties\":{\"next\":{\"$ref\":\"#\"}},\"additionalProperties\":false} | {\"next\":{}} | {\"next\":{\"x\":1}}"
            })
    void eachKeywordHoldsAndFails(String schema, String good, String bad) {
        Map<String, Object> map = McpTool.schema(schema);
        assertThat(JsonSchema.unsupported(map)).isEmpty();
        assertThat(JsonSchema.problem(map, json(good))).isEmpty();
        assertThat(JsonSchema.problem(map, json(bad))).isNotEmpty();
    }

    @Test
    void theProblemNamesItsPlace() {
        Map<String, Object> schema = McpTool.schema(
                "{\"properties\":{\"list\":{\"items\":{\"properties\":{\"n\":{\"type\":\"integer\"}}}}}}");
        assertThat(JsonSchema.problem(schema, json("{\"list\":[{\"n\":1},{\"n\":\"x\"}]}")))
                .contains("/list/1/n must be of type integer");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"patternProperties\":{}} | #/patternProperties is a keyword that is not enforced",
                "{\"items\":{\"contains\":{}}} | #/items/contains is a keyword that is not enforced",
                "{\"type\":\"text\"} | #/type has a value that cannot be enforced",
                "{\"pattern\":\"(\"} | #/pattern has a value that cannot be enforced",
                "{\"$ref\":\"https://example.com/x\"} | #/$ref has a value that cannot be enforced",
                "{\"$ref\":\"#/$defs/none\"} | #/$ref has a value that cannot be enforced",
                "{\"minimum\":\"1\"} | #/minimum has a value that cannot be enforced",
                "{\"anyOf\":[]} | #/anyOf must be a list of schemas",
                "{\"properties\":{\"a\":3}} | #/properties/* is not a schema"
            })
    void whatWouldNotBeEnforcedIsFound(String schema, String problem) {
        assertThat(JsonSchema.unsupported(McpTool.schema(schema))).contains(problem);
    }

    @Test
    void aValueNestedWithoutEndIsRefusedInsteadOfOverflowingTheStack() {
        Map<String, Object> schema = McpTool.schema("{\"items\":{\"$ref\":\"#\"}}");
        assertThat(JsonSchema.problem(schema, json("[".repeat(400) + "]".repeat(400))))
                .isNotEmpty();
    }
}
