"""What went wrong, for the person in front of the screen: a stable code, what happened and what to do, Chinese and English."""

# code: (status, title, title_en, hint, hint_en)
ROWS = {
    "not_signed_in": (401, "登录已失效", "You are not signed in", "请重新登录", "Sign in again"),
    "forbidden": (403, "没有权限进行此操作", "You may not do this", "请由本记录的书写者或审签者操作", "The record's author or senior has to do it"),
    "cross_site": (403, "请求来源不可信", "The request came from elsewhere", "请在本系统页面内操作，并通过地址栏中的网址访问",
                   "Work in this system's own page"),
    "not_found": (404, "没有找到该内容", "Nothing is found here", "请返回患者列表重新选择", "Go back to the list of patients"),
    "bad_request": (400, "请求内容有误", "The request is malformed", "请刷新页面后重试；若反复出现，请联系信息科", "Reload the page and try again"),
    "field": (400, "填写的内容有误", "A field is wrong", "请检查标出的内容", "Check the field that is named"),
    "too_large": (413, "提交的内容过大", "Too much was sent", "请减少一次提交的记录数", "Send fewer records at once"),
    "header_too_large": (431, "请求头过大", "The request's header is too large", "请清除浏览器中本网站的 Cookie 后重试；若反复出现，请联系信息科",
                         "Clear this site's cookies and try again"),
    "record_state": (409, "记录当前状态不允许此操作", "Not possible in the record's present state", "列表已更新，请查看最新状态后再操作",
                     "The list is fresh now: look at the state, then try again"),
    "demo_login_off": (403, "演示登录未开启", "The demonstration's login is off", "请使用手机扫码登录", "Log in with your phone"),
    "login_unknown": (403, "该人员不是本系统的用户", "This person is no user of this system", "请联系信息科开通电子病历账号",
                      "Ask the IT department for an account"),
    "login_refused": (403, "扫码登录未通过验证", "The login did not verify", "请刷新二维码后重试", "Get a new code and try again"),
    "callback_refused": (401, "回调签名无效", "The callback's signature is not valid", "请检查回调密钥与两端时钟",
                         "Check the callback's secret and both clocks"),
    "scan_none": (409, "没有可扫码的签名请求", "There is nothing to scan for", "请重新发起扫码签名", "Start signing by scan again"),
    "yiqian_unreachable": (502, "电子签名服务没有应答", "The signature service does not answer",
                           "病历已保存，请稍后重试；若持续出现，请联系信息科检查医签服务", "Your record is kept. Try again later"),
    "yiqian_answer": (502, "电子签名服务的应答无法识别", "The signature service gave an answer that cannot be read",
                      "请联系信息科检查医签服务地址与版本", "Ask the IT department to check its address and version"),
    "yiqian_lacks": (501, "当前医签服务尚不提供此功能", "This signature service does not have that function",
                     "请升级医签服务，或改用其他签名方式", "Update the service, or sign another way"),
    "busy": (503, "系统繁忙", "Too many at once", "请稍后重试", "Try again in a moment"),
    "internal": (500, "系统内部错误", "Something failed inside", "请稍后重试；若反复出现，请联系信息科", "Try again; if it stays, call the IT department"),
}


class Problem(Exception):
    """Raised anywhere below a request and answered as it is; also what yiqian refused, in its own words."""

    def __init__(self, code, detail="", field="", status=None, texts=None):
        super().__init__(code)
        row = ROWS.get(code) or ROWS["yiqian_answer"]
        self.code, self.status = code, status or row[0]
        title, title_en, hint, hint_en = texts or row[1:]
        self.body = {"code": code, "title": title, "title_en": title_en, "hint": hint, "hint_en": hint_en}
        if detail:
            self.body["detail"] = detail
        if field:
            self.body["field"] = field
