"""The official Python SDK of MCP starts the server that is named on the command line, lists its tools, and calls each of them.

Usage: python_client.py CALLS PROGRAM [ARGUMENT ...]. Ends with an error where an answer is not the expected one.
"""

import asyncio
import json
import os
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


async def call(session: ClientSession, wanted: dict, stored: str) -> str:
    """Makes a call, and returns the id of the memory that it names, or else the one from before."""
    arguments = {key: stored if value == "STORED" else value for key, value in wanted["arguments"].items()}
    # The SDK itself holds the result against the tool's output schema.
    result = (await session.call_tool(wanted["tool"], arguments)).model_dump(by_alias=True)
    text = result["content"][0]["text"]
    assert not result["isError"] and wanted["shows"] in text, (wanted, text)
    return result["structuredContent"].get("memory_id", stored)


async def main(calls_file: str, program: str, *arguments: str) -> None:
    with open(calls_file, encoding="utf-8") as file:
        calls = json.load(file)
    server = StdioServerParameters(command=program, args=list(arguments), env=dict(os.environ))
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        listed = {tool.name for tool in (await session.list_tools()).tools}
        assert listed == {wanted["tool"] for wanted in calls}, listed
        stored = ""
        for wanted in calls:
            stored = await call(session, wanted, stored)
    print(f"the Python SDK listed and called {len(listed)} tools")


asyncio.run(main(*sys.argv[1:]))
