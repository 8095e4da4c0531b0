{ SM3（GB/T 32905-2016）与 HMAC-SM3，供 Delphi 使用。SM3 and HMAC-SM3 for Delphi (7 and later) and Free Pascal. }
unit Sm3;

{$IFDEF FPC}{$MODE DELPHI}{$ENDIF}
{$Q-}{$R-}

interface

type
  TSm3Bytes = array of Byte;

function Sm3Digest(const Data: TSm3Bytes): TSm3Bytes;
function Sm3Hmac(const Key, Data: TSm3Bytes): TSm3Bytes;
function Sm3Hex(const Bytes: TSm3Bytes): string;
{ 文本按单字节编码传入：Delphi 2009 以上请先用 UTF8Encode。UTF-8 text, byte by byte. }
function Sm3BytesOf(const Text: AnsiString): TSm3Bytes;

implementation

uses
  SysUtils;

type
  TState = array[0..7] of Cardinal;

function Rotate(X: Cardinal; N: Integer): Cardinal;
begin
  N := N and 31;
  if N = 0 then
    Result := X
  else
    Result := (X shl N) or (X shr (32 - N));
end;

procedure Compress(var V: TState; const Block: TSm3Bytes; Offset: Integer);
var
  W: array[0..67] of Cardinal;
  I: Integer;
  X, A, B, C, D, E, F, G, H, SS1, SS2, FF, GG, T, T1, T2: Cardinal;
begin
  for I := 0 to 15 do
    W[I] := (Cardinal(Block[Offset + 4 * I]) shl 24) or (Cardinal(Block[Offset + 4 * I + 1]) shl 16) or
      (Cardinal(Block[Offset + 4 * I + 2]) shl 8) or Block[Offset + 4 * I + 3];
  for I := 16 to 67 do
  begin
    X := W[I - 16] xor W[I - 9] xor Rotate(W[I - 3], 15);
    W[I] := X xor Rotate(X, 15) xor Rotate(X, 23) xor Rotate(W[I - 13], 7) xor W[I - 6];
  end;
  A := V[0]; B := V[1]; C := V[2]; D := V[3]; E := V[4]; F := V[5]; G := V[6]; H := V[7];
  for I := 0 to 63 do
  begin
    if I < 16 then
    begin
      T := $79CC4519;
      FF := A xor B xor C;
      GG := E xor F xor G;
    end
    else
    begin
      T := $7A879D8A;
      FF := (A and B) or (A and C) or (B and C);
      GG := (E and F) or ((not E) and G);
    end;
    SS1 := Rotate(Cardinal(Rotate(A, 12) + E + Rotate(T, I)), 7);
    SS2 := SS1 xor Rotate(A, 12);
    T1 := Cardinal(FF + D + SS2 + (W[I] xor W[I + 4]));
    T2 := Cardinal(GG + H + SS1 + W[I]);
    D := C; C := Rotate(B, 9); B := A; A := T1;
    H := G; G := Rotate(F, 19); F := E; E := T2 xor Rotate(T2, 9) xor Rotate(T2, 17);
  end;
  V[0] := V[0] xor A; V[1] := V[1] xor B; V[2] := V[2] xor C; V[3] := V[3] xor D;
  V[4] := V[4] xor E; V[5] := V[5] xor F; V[6] := V[6] xor G; V[7] := V[7] xor H;
end;

function Sm3Digest(const Data: TSm3Bytes): TSm3Bytes;
const
  Initial: TState = ($7380166F, $4914B2B9, $172442D7, $DA8A0600, $A96F30BC, $163138AA, $E38DEE4D, $B0FB0E4E);
var
  V: TState;
  Padded: TSm3Bytes;
  Bits: Int64;
  I: Integer;
begin
  V := Initial;
  SetLength(Padded, (Length(Data) + 8) div 64 * 64 + 64);
  for I := 0 to High(Padded) do
    Padded[I] := 0;
  for I := 0 to High(Data) do
    Padded[I] := Data[I];
  Padded[Length(Data)] := $80;
  Bits := Int64(Length(Data)) * 8;
  for I := 0 to 7 do
    Padded[High(Padded) - I] := Byte(Bits shr (8 * I));
  I := 0;
  while I < Length(Padded) do
  begin
    Compress(V, Padded, I);
    Inc(I, 64);
  end;
  SetLength(Result, 32);
  for I := 0 to 31 do
    Result[I] := Byte(V[I div 4] shr (24 - 8 * (I mod 4)));
end;

function Sm3Hmac(const Key, Data: TSm3Bytes): TSm3Bytes;
var
  ShortKey, Inner, Outer, Digest: TSm3Bytes;
  I: Integer;
  K: Byte;
begin
  if Length(Key) > 64 then
    ShortKey := Sm3Digest(Key)
  else
    ShortKey := Key;
  SetLength(Inner, 64 + Length(Data));
  SetLength(Outer, 96);
  for I := 0 to 63 do
  begin
    K := 0;
    if I < Length(ShortKey) then
      K := ShortKey[I];
    Inner[I] := K xor $36;
    Outer[I] := K xor $5C;
  end;
  for I := 0 to High(Data) do
    Inner[64 + I] := Data[I];
  Digest := Sm3Digest(Inner);
  for I := 0 to 31 do
    Outer[64 + I] := Digest[I];
  Result := Sm3Digest(Outer);
end;

function Sm3Hex(const Bytes: TSm3Bytes): string;
var
  I: Integer;
begin
  Result := '';
  for I := 0 to High(Bytes) do
    Result := Result + LowerCase(IntToHex(Bytes[I], 2));
end;

function Sm3BytesOf(const Text: AnsiString): TSm3Bytes;
var
  I: Integer;
begin
  SetLength(Result, Length(Text));
  for I := 1 to Length(Text) do
    Result[I - 1] := Ord(Text[I]);
end;

end.
