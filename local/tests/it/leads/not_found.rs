use crate::harness::Latchkey;

#[tokio::test(flavor = "multi_thread")]
async fn unknown_paths_and_methods_under_api_are_404_in_the_surfaces_shape() {
    let latchkey = Latchkey::start().await;
    let before = latchkey.table.rows().await;
    for (method, path) in [
        ("GET", "/api/nothing"),
        ("GET", "/api"),
        ("POST", "/api/Authentication/Signin/"),
        ("GET", "/api/Authentication/Signin"),
        ("PATCH", "/api/Leads"),
        ("DELETE", "/api/Access/PublicToken?accessKey=a&secretKey=b"),
        ("POST", "/api/authentication/signin"),
        ("POST", "/api/a/b/c/d%2Fe"),
    ] {
        latchkey.send(method, path, &[], "").await.refused_lead(404, "MXNotFoundException");
    }
    assert_eq!(latchkey.send("GET", "/apis", &[], "").await.status, 404);
    assert_eq!(latchkey.table.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_may_call_from_another_origins_page() {
    let latchkey = Latchkey::start().await;
    let path = "/api/Authentication/Signin";
    let headers = [
        ("origin", "https://portal.example.com"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,content-type"),
    ];
    let preflight = latchkey.send("OPTIONS", path, &headers, "").await;
    assert_eq!(preflight.header("access-control-allow-origin"), Some("*"));
    let allowed = preflight.header("access-control-allow-headers").unwrap().to_ascii_lowercase();
    for name in ["authorization", "content-type", "x-lsq-registertoken", "x-lsq-portalid"] {
        assert!(allowed.contains(name), "{allowed}");
    }
    let answer = latchkey.send("POST", path, &[("origin", "https://portal.example.com")], "{}").await;
    answer.unauthorized_lead();
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
}
