{ 发起一个签名任务并等待结果。Delphi XE8 以上（System.Net.HttpClient）或 Free Pascal 3；SM3 在 Sm3.pas 中。
  Starts a signing task and waits for the result. Delphi XE8 or later, or Free Pascal 3; SM3 stands in Sm3.pas.
    fpc SignAndWait.dpr
    YIQIAN_URL=… YIQIAN_KEY=… YIQIAN_SECRET=… SignAndWait 工号 文件
    … SignAndWait call 方法 路径 [请求体] [幂等键]   任意一次调用 any one call }
program SignAndWait;

{$IFDEF FPC}{$MODE DELPHI}{$CODEPAGE UTF8}{$ELSE}{$APPTYPE CONSOLE}{$ENDIF}

uses
  SysUtils, Classes, DateUtils, Sm3
  {$IFDEF FPC}, fphttpclient{$ELSE}, System.Net.HttpClient, System.Net.URLClient{$ENDIF};

{ 一次 HTTP 交换。One HTTP exchange: the answer's body; an exception where the status is not 2xx. }
function Exchange(const Method, Url, Authorization, IdempotencyKey: string; const Body: UTF8String): UTF8String;
var
  Sent, Received: TMemoryStream;
  Status: Integer;
  {$IFDEF FPC}
  Http: TFPHTTPClient;
  {$ELSE}
  Http: THTTPClient;
  Request: IHTTPRequest;
  {$ENDIF}
begin
  Sent := TMemoryStream.Create;
  Received := TMemoryStream.Create;
  {$IFDEF FPC}Http := TFPHTTPClient.Create(nil);{$ELSE}Http := THTTPClient.Create;{$ENDIF}
  try
    if Body <> '' then
      Sent.WriteBuffer(Body[1], Length(Body));
    Sent.Position := 0;
    {$IFDEF FPC}
    Http.AddHeader('Authorization', Authorization);
    if Body <> '' then
    begin
      Http.AddHeader('Content-Type', 'application/json');
      Http.RequestBody := Sent;
    end;
    if IdempotencyKey <> '' then
      Http.AddHeader('Idempotency-Key', IdempotencyKey);
    Http.HTTPMethod(Method, Url, Received, []);
    Status := Http.ResponseStatusCode;
    {$ELSE}
    Request := Http.GetRequest(Method, Url);
    Request.AddHeader('Authorization', Authorization);
    if Body <> '' then
    begin
      Request.AddHeader('Content-Type', 'application/json');
      Request.SourceStream := Sent;
    end;
    if IdempotencyKey <> '' then
      Request.AddHeader('Idempotency-Key', IdempotencyKey);
    Status := Http.Execute(Request, Received).StatusCode;
    {$ENDIF}
    SetLength(Result, Received.Size);
    Received.Position := 0;
    if Received.Size > 0 then
      Received.ReadBuffer(Result[1], Received.Size);
    if Status div 100 <> 2 then
      raise Exception.Create(IntToStr(Status) + ' ' + string(Result));
  finally
    Http.Free;
    Sent.Free;
    Received.Free;
  end;
end;

{ 签名请求（openapi.yaml，signedRequest）。A signed request. }
function Call(const Method, Path: string; const Body: UTF8String; const IdempotencyKey: string): UTF8String;
var
  Time, Nonce, Text, Signature: string;
  Id: TGUID;
begin
  Time := IntToStr(DateTimeToUnix({$IFDEF FPC}LocalTimeToUniversal(Now){$ELSE}TTimeZone.Local.ToUniversalTime(Now){$ENDIF}));
  CreateGUID(Id);
  Nonce := StringReplace(Copy(GUIDToString(Id), 2, 36), '-', '', [rfReplaceAll]);
  Text := Method + #10 + Path + #10 + Sm3Hex(Sm3Digest(Sm3BytesOf(Body))) + #10 + Time + #10 + Nonce;
  Signature := Sm3Hex(Sm3Hmac(Sm3BytesOf(AnsiString(GetEnvironmentVariable('YIQIAN_SECRET'))), Sm3BytesOf(AnsiString(Text))));
  Result := Exchange(Method, GetEnvironmentVariable('YIQIAN_URL') + Path,
    'YQ1-HMAC-SM3 key=' + GetEnvironmentVariable('YIQIAN_KEY') + ', time=' + Time + ', nonce=' + Nonce + ', signature=' + Signature,
    IdempotencyKey, Body);
end;

{ 取 JSON 中的一个文本字段；正式程序请用 JSON 库。One text field; a real program uses a JSON library. }
function Field(const Json: UTF8String; const Name: string): string;
var
  Start, Ending: Integer;
  Text: string;
begin
  Result := '';
  Text := string(Json);
  Start := Pos('"' + Name + '":', Text);
  if Start = 0 then
    Exit;
  Inc(Start, Length(Name) + 3);
  while (Start <= Length(Text)) and (Text[Start] <> '"') do
    Inc(Start);
  Ending := Start + 1;
  while (Ending <= Length(Text)) and (Text[Ending] <> '"') do
    Inc(Ending);
  Result := Copy(Text, Start + 1, Ending - Start - 1);
end;

function FileBytes(const Name: string): TSm3Bytes;
var
  Stream: TFileStream;
begin
  Stream := TFileStream.Create(Name, fmOpenRead or fmShareDenyWrite);
  try
    SetLength(Result, Stream.Size);
    if Stream.Size > 0 then
      Stream.ReadBuffer(Result[0], Stream.Size);
  finally
    Stream.Free;
  end;
end;

procedure CallOnce;
begin
  SetTextCodePage(Output, 65001);
  WriteLn(Call(ParamStr(2), ParamStr(3), UTF8String(ParamStr(4)), ParamStr(5)));
end;

var
  Digest, Task, State: string;
  Body, Answer: UTF8String;
  Turns: Integer;
begin
  if ParamStr(1) = 'call' then
  begin
    CallOnce;
    Exit;
  end;
  Digest := Sm3Hex(Sm3Digest(FileBytes(ParamStr(2))));
  Body := UTF8String('{"signer":"' + ParamStr(1) + '","form":"digest","title":"出院小结","reference":"DEMO-DELPHI","digest":"' + Digest + '"}');
  // 同一请求重发得到同一任务。正式程序为每次发起取一个新键，与记录一同保存。
  // The same request again gives the same task. A real program takes a new key for each task it starts and keeps it with the record.
  Task := Field(Call('POST', '/v1/tasks', Body, 'delphi-' + Copy(Sm3Hex(Sm3Digest(Sm3BytesOf(Body))), 1, 48)), 'task');
  WriteLn('task ', Task);
  Turns := 0;
  repeat
    { 长轮询：任务有了最终状态即应答。A long poll: answered as soon as the task is finished. }
    Answer := Call('GET', '/v1/tasks/' + Task + '?wait=30', '', '');
    State := Field(Answer, 'state');
    Inc(Turns);
  until ((State <> 'waiting') and (State <> 'pending') and (State <> 'claimed')) or (Turns >= 20);
  WriteLn('state ', State);
  if State = 'signed' then
    WriteLn('signed_by ', Field(Answer, 'serial'));
end.
