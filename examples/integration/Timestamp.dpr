{ 为一个文件取得时间戳（RFC 3161，SM3），令牌写入“文件.tst”。Delphi（Indy）或 Free Pascal 3；SM3 在 Sm3.pas 中。
  Gets a timestamp on a file (RFC 3161, SM3); the token goes into FILE.tst. Delphi with Indy, or Free Pascal 3; SM3 stands in Sm3.pas.
    fpc Timestamp.dpr
    YIQIAN_URL=… Timestamp 文件 }
program Timestamp;

{$IFDEF FPC}{$MODE DELPHI}{$CODEPAGE UTF8}{$ELSE}{$APPTYPE CONSOLE}{$ENDIF}

uses
  SysUtils, Classes, Sm3
  {$IFDEF FPC}, fphttpclient{$ELSE}, IdHTTP{$ENDIF};

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

{ TimeStampReq：只有摘要与随机数是变的。Only the imprint and the nonce change: version 1, imprint (SM3, NULL, 32 octets), nonce, certReq TRUE. }
procedure WriteQuery(Query: TStream; const Imprint: TSm3Bytes; const Nonce: TGUID);
const
  Head: array[0..22] of Byte = ($30, $42, $02, $01, $01, $30, $30, $30, $0C, $06, $08, $2A, $81, $1C, $CF, $55, $01, $83, $11, $05, $00, $04, $20);
  Number: array[0..2] of Byte = ($02, $08, $40); { 首字节 40：正数、八字节 a positive number of eight octets }
  Certificates: array[0..2] of Byte = ($01, $01, $FF);
begin
  Query.WriteBuffer(Head, SizeOf(Head));
  Query.WriteBuffer(Imprint[0], 32);
  Query.WriteBuffer(Number, SizeOf(Number));
  Query.WriteBuffer(Nonce, 7);
  Query.WriteBuffer(Certificates, SizeOf(Certificates));
  Query.Position := 0;
end;

procedure Exchange(const Url: string; Query, Reply: TStream);
{$IFDEF FPC}
var
  Http: TFPHTTPClient;
begin
  Http := TFPHTTPClient.Create(nil);
  try
    Http.AddHeader('Content-Type', 'application/timestamp-query');
    Http.RequestBody := Query;
    Http.HTTPMethod('POST', Url, Reply, []);
    if Http.ResponseStatusCode <> 200 then
      raise Exception.Create('HTTP ' + IntToStr(Http.ResponseStatusCode));
{$ELSE}
var
  Http: TIdHTTP;
begin
  Http := TIdHTTP.Create(nil);
  try
    Http.Request.ContentType := 'application/timestamp-query';
    Http.Post(Url, Query, Reply); { 状态不是 200 时抛出 EIdHTTPProtocolException raises it where the status is not 200 }
{$ENDIF}
  finally
    Http.Free;
  end;
end;

{ 一个 DER 值从 At 开始的内容与其后。Where the content of the DER value at At begins, and where it ends. }
procedure Inside(const Der: TSm3Bytes; At: Integer; out First, Behind: Integer);
var
  I, Count: Integer;
begin
  Count := Der[At + 1];
  First := At + 2;
  if Count >= $80 then
  begin
    First := At + 2 + (Count and $7F);
    Count := 0;
    for I := At + 2 to First - 1 do
      Count := Count * 256 + Der[I];
  end;
  Behind := First + Count;
  if (Count < 0) or (Behind > Length(Der)) then
    raise Exception.Create('the answer is not DER');
end;

{ TimeStampResp：状态，令牌；没有令牌即为拒绝。The status, then the token; without a token it is a refusal. }
procedure SaveToken(const Reply: TSm3Bytes; const Name: string);
var
  First, Behind, Status, AfterStatus: Integer;
  Stream: TFileStream;
begin
  Inside(Reply, 0, First, Behind);
  Inside(Reply, First, Status, AfterStatus);
  if (Reply[Status + 2] > 1) or (AfterStatus = Behind) then
    raise Exception.Create('refused; openssl ts -reply -text says why');
  Stream := TFileStream.Create(Name, fmCreate);
  try
    Stream.WriteBuffer(Reply[AfterStatus], Behind - AfterStatus);
  finally
    Stream.Free;
  end;
end;

var
  Query, Received: TMemoryStream;
  Reply: TSm3Bytes;
  Nonce: TGUID;
begin
  Query := TMemoryStream.Create;
  Received := TMemoryStream.Create;
  try
    CreateGUID(Nonce);
    WriteQuery(Query, Sm3Digest(FileBytes(ParamStr(1))), Nonce);
    Exchange(GetEnvironmentVariable('YIQIAN_URL') + '/tsa', Query, Received);
    Received.SaveToFile(ParamStr(1) + '.tsr');
    SetLength(Reply, Received.Size);
    Received.Position := 0;
    Received.ReadBuffer(Reply[0], Received.Size);
    SaveToken(Reply, ParamStr(1) + '.tst');
    WriteLn('saved ', ParamStr(1), '.tst');
  finally
    Query.Free;
    Received.Free;
  end;
end.
