"""What mail programs said in octets, as text.

Replies are ASCII, or UTF-8 (RFC 6531 §3.7.4). Many servers in China answer in GBK, which nothing announces, and almost
any octets are valid in it: those of Latin, Korean or Japanese charsets as well. So it is believed where what comes out
is Chinese that speaks of mail; else octets that are no UTF-8 stay unread.
"""

from __future__ import annotations

from typing import Literal

from mailtemplates.pattern import pattern

_WORDS = """
邮件 邮箱 邮局 信件 信箱 用户 账号 帐号 账户 帐户 密码 口令 认证 验证 校验 授权 登录 登陆 权限 身份 凭证
收件 发件 发信 收信 寄件 地址 域名 主机 服务 系统 网络 流量 连接 链接 端口 超时 断开 命令 语法 参数 格式 协议 状态
拒绝 拒收 退回 退信 失败 错误 无效 非法 禁止 封禁 被封 限制 限额 允许 无法 不能 不可 存在 没有 未知 未能 未找到 找不到
支持 不正确 不合法 未通过 超过 超出 过大 太大 过多 太多 过快 频繁 频率 上限 最大 大小 空间 容量 已满 不足 配额 磁盘
次数 数量 垃圾 病毒 名单 内容 附件 敏感 违规 可疑 欺诈 信誉 过滤 检测 检查 安全 策略 中继 转发 投递 发送 接收 递送
解析 记录 证书 加密 签名 反向 稍后 稍候 重试 再试 暂时 临时 繁忙 忙碌 关闭 停用 冻结 锁定 注销 过期 到期 异常 请求
操作 访问 成功 完成 联系 管理员 客服 查看 详情 帮助 您的 你的 对方 当前 目前 已被 已经 请先 请使用 开启 启用 设置
客户端 套接字 郵件 使用者 帳號 密碼 失敗 拒絕 連線 傳送 伺服器
"""
_KNOWN = pattern("|".join(_WORDS.split()))
_CHINESE = pattern(r"[\x00-\x7f\u4e00-\u9fff\u2010-\u2026\u2190-\u2193\u2460-\u2473\u3000-\u3020\uff01-\uff5e§·×￥]*")

Charset = Literal["utf-8", "gb18030"]


def charset_of(octets: bytes) -> Charset:
    """The charset that octets are read in: UTF-8, unless they are none and surely Chinese.

    >>> charset_of("用户不存在".encode("gbk"))
    'gb18030'
    >>> charset_of("Empfänger zurückgewiesen".encode("latin-1"))
    'utf-8'
    """
    try:
        octets.decode()
    except UnicodeDecodeError:
        try:
            text = octets.decode("gb18030")
        except UnicodeDecodeError:
            return "utf-8"
        return "gb18030" if _KNOWN.search(text) and _CHINESE.fullmatch(text) else "utf-8"
    return "utf-8"


def decode_said(octets: bytes) -> str:
    """The text; octets that cannot be read are U+FFFD."""
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode(charset_of(octets), "replace")
