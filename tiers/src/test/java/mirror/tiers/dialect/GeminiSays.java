package mirror.tiers.dialect;

/** What Gemini's API answers, as its reference and its SDK have it. Mirror's adapter and Google's own SDK read the same bytes. */
public final class GeminiSays {
    private GeminiSays() {}

    public static final String WHOLE = """
            {"candidates":[{"content":{"role":"model","parts":[{"text":"hm","thought":true},{"text":"I look."},
               {"functionCall":{"name":"look","args":{"n":1.50}},"thoughtSignature":"AAAA"}]},"finishReason":"STOP","index":0}],
             "usageMetadata":{"promptTokenCount":30,"cachedContentTokenCount":10,"candidatesTokenCount":5,"thoughtsTokenCount":4,
               "totalTokenCount":39,"promptTokensDetails":[{"modality":"TEXT","tokenCount":30}]},
             "modelVersion":"gemini","responseId":"r-1"}""";

    /** The same in pieces. */
    public static final String STREAM = """
            data: {"candidates":[{"content":{"role":"model","parts":[{"text":"hm","thought":true}]},"index":0}],\
            "usageMetadata":{"promptTokenCount":30,"cachedContentTokenCount":10,"thoughtsTokenCount":4},\
            "modelVersion":"gemini","responseId":"r-1"}

            data: {"candidates":[{"content":{"role":"model","parts":[{"text":"I "}]},"index":0}],"modelVersion":"gemini","responseId":"r-1"}

            data: {"candidates":[{"content":{"role":"model","parts":[{"text":"look."}]},"index":0}],"modelVersion":"gemini","responseId":"r-1"}

            data: {"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"name":"look","args":{"n":1.50}},\
            "thoughtSignature":"AAAA"}]},"finishReason":"STOP","index":0}],\
            "usageMetadata":{"promptTokenCount":30,"cachedContentTokenCount":10,"candidatesTokenCount":5,"thoughtsTokenCount":4,\
            "totalTokenCount":39},"modelVersion":"gemini","responseId":"r-1"}

            """.replace("\n", "\r\n");

    public static final String LIMITED = """
            {"error":{"code":429,"message":"You exceeded your current quota.","status":"RESOURCE_EXHAUSTED","details":[
              {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34s"}]}}""";

    public static final String COUNT =
            "{\"totalTokens\":31,\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":31}]}";

    public static final String VECTORS = "{\"embeddings\":[{\"values\":[0.013168523,-1.5e-3]},{\"values\":[0.25,1]}]}";
}
